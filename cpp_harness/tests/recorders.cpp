// py2cpp/probe.h, py2cpp/drive.h and src/probe.cpp: the text of docs/trace-format.md
#include "py2cpp/drive.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "../src/run.h"
#include "expect.h"

namespace {

namespace probe = py2cpp::probe;

template <class T>
std::string tree(const T& value) {
  std::string text;
  probe::detail::write(text, value);
  return text;
}

void scalars() {
  EXPECT(tree(true) == R"({"k":"bool","v":true})" && tree(-3) == R"({"k":"int","v":-3})");
  EXPECT(tree(1.5) == R"({"k":"float","bits":"000000000000f83f"})" && tree(1.5F) == tree(1.5));
  EXPECT(tree(std::complex<double>(0.0, 1.0)) == R"({"k":"complex","bits":"0000000000000000000000000000f03f"})");
  EXPECT(tree(std::string("a\"\n\x01π\x7f")) == "{\"k\":\"str\",\"v\":\"a\\\"\\n\\u0001π\x7f\"}");
  EXPECT(tree(at::Scalar(2)) == tree(2) && tree(at::Scalar(2.0)) == tree(2.0) && tree(at::Scalar(true)) == tree(true));
  EXPECT(tree(torch::kFloat) == R"({"k":"dtype","v":"float32"})");
  EXPECT(tree(at::Device(at::kCPU)) == R"({"k":"device","v":"cpu"})");
  EXPECT(tree(probe::loose(1.5)) == R"({"k":"loose","value":)" + tree(1.5) + "}");
  EXPECT(tree(std::nullopt) == R"({"k":"none"})" && tree([] {}) == R"({"k":"opaque"})");
}

void containers() {
  EXPECT(tree(std::vector<int64_t>{1}) == R"({"k":"seq","items":[{"k":"int","v":1}]})");
  EXPECT(tree(std::vector<bool>{true}) == R"({"k":"seq","items":[{"k":"bool","v":true}]})");
  EXPECT(tree(std::make_tuple(1, std::nullopt)) == R"({"k":"seq","items":[{"k":"int","v":1},{"k":"none"}]})");
  EXPECT(tree(std::optional<int>(1)) == tree(1) && tree(std::optional<int>()) == tree(std::nullopt));
  EXPECT(tree(torch::OrderedDict<std::string, bool>{{"a", true}}) ==
         R"({"k":"dict","items":[["\"a\"",{"k":"bool","v":true}]]})");
  EXPECT(tree(std::map<int64_t, bool>{{-1, true}}) == R"({"k":"dict","items":[["-1",{"k":"bool","v":true}]]})");
}

void tensors() {
  const auto x = torch::ones({1}, torch::requires_grad());
  const std::string begin = R"({"k":"tensor","dtype":"float32","shape":[1],"layout":"strided","requires_grad":)";
  const std::string plain = begin + R"(false,"is_leaf":true,"grad_fn":null,"bits":"0000803f","grad":)";
  const std::string leaf = begin + R"(true,"is_leaf":true,"grad_fn":null,"bits":"0000803f","grad":)";
  EXPECT(tree(x) == leaf + "null}");
  x.sum().backward();
  EXPECT(tree(x) == leaf + plain + "null}}");
  EXPECT(tree(x * x).find(R"("is_leaf":false,"grad_fn":"MulBackward0")") != std::string::npos);
  EXPECT(tree(x.detach().t()).find(R"("bits":"0000803f")") != std::string::npos);
  EXPECT(tree(at::Tensor()) == R"({"k":"none"})");
  EXPECT(tree((x * x).grad_fn()) == R"({"k":"node","v":"MulBackward0"})");
  EXPECT(tree(at::zeros({0, 2})).find(R"("shape":[0,2])") != std::string::npos);
}

void modules() {
  torch::nn::Linear linear(torch::nn::LinearOptions(1, 1).bias(false));
  linear->eval();
  EXPECT(tree(linear) == R"({"k":"module","training":false,"parameters":[["weight",)" + tree(linear->weight) +
                             R"(]],"buffers":[],"modules":[["",false,[]]]})");
  EXPECT(tree(*linear) == tree(linear) && tree(torch::nn::Linear(nullptr)) == tree(std::nullopt));
}

void cotangents() {
  const auto values = py2cpp::drive::cotangent(at::empty({2, 2}, at::kHalf), 1);
  EXPECT(values.scalar_type() == at::kHalf && values.sizes() == at::IntArrayRef({2, 2}));
  // What py2cpp_autograd.verify.python_side.cotangent computes.
  EXPECT(at::equal(values.flatten().to(at::kDouble) * 256, at::tensor({-25.0, 157.0, -111.0, 51.0}, at::kDouble)));
}

struct ModelImpl : torch::nn::Module {
  explicit ModelImpl(int64_t size) { layer = register_module("layer", torch::nn::Linear(size, size)); }
  std::tuple<at::Tensor, std::vector<at::Tensor>> forward(const at::Tensor& x, const at::Tensor& mask) {
    return {layer(x), {x.detach(), mask}};
  }
  torch::nn::Linear layer = nullptr;
};
TORCH_MODULE(Model);

void a_model(unsigned long long seed) {
  py2cpp::drive::model<Model>(
      seed, [] { return std::make_tuple(int64_t{2}); },
      [] { return std::make_tuple(at::rand({1, 2}), at::ones({1}, at::kLong)); });
}

void a_script(unsigned long long) {
  auto x = torch::ones({1}, torch::requires_grad());
  py2cpp::record("x", x);
  probe::record("gone", 1);
  probe::record("n", 1);
  probe::record("n", 2);
  probe::print("epoch", 3);
  probe::print();
  probe::forget("gone");
  x.sum().backward();  // after `record`, and recorded
  throw std::out_of_range("no \"key\"");
}

// The lines that a run writes.
std::vector<std::string> run(py2cpp_entry entry) {
  const std::string path = "recorders.trace";
  py2cpp_run_traced(entry, 7, path.c_str(), "nonce");
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

void runs() {
  EXPECT(!probe::active());
  probe::record("x", 1);  // without effect
  const auto lines = run(a_script);
  EXPECT(lines.size() == 5);
  EXPECT(contains(lines[0], R"({"print":[{"k":"str","v":"epoch"},{"k":"int","v":3}],"texts":[null,null],"at":)"));
  EXPECT(contains(lines[1], R"({"print":[],"texts":[],"at":)"));
  EXPECT(contains(lines[2], R"({"record":"x","value":{"k":"tensor")") && contains(lines[2], R"("grad":{)"));
  EXPECT(lines[3] == R"({"record":"n","value":{"k":"int","v":2}})");
  EXPECT(contains(lines[4], R"({"end":"nonce","error":{"class":"std::out_of_range","message":"no \"key\""})"));
  EXPECT(!probe::active());
}

void model_runs() {
  const auto lines = run(a_model);
  EXPECT(lines.size() == 4 && lines == run(a_model));
  EXPECT(contains(lines[0], R"({"record":"output","value":{"k":"seq")"));
  EXPECT(contains(lines[1], R"({"record":"inputs")") && contains(lines[1], R"("requires_grad":true)"));
  EXPECT(contains(lines[2], R"({"record":"model")") && !contains(lines[2], R"("grad":null}],["layer.bias")"));
  EXPECT(contains(lines[3], R"("error":null,"generator":")"));
}

}  // namespace

int main() {
  scalars();
  containers();
  tensors();
  modules();
  cotangents();
  runs();
  model_runs();
}
