// The part of the recorders that does not depend on the recorded types: compiled once, kept in the cache.
#include "py2cpp/probe.h"

#include "py2cpp/drive.h"
#include "py2cpp/exceptions.h"
#include "py2cpp/exit.h"
#include "run.h"
#include "blake2b.h"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <sstream>
#include <typeindex>

namespace py2cpp::probe {

namespace {

FILE* trace = nullptr;
bool stepping = false;
bool whole = false;  // all bits of all tensors are written down
size_t stepped = 0;  // bytes written by steps
std::vector<std::pair<std::string, std::function<void(std::string&)>>> held;
std::vector<std::function<void()>> watched;
std::map<std::string, size_t> last_seen;  // the hash of each held value's tree at the last step

// Tensors of more bytes than these are written as a digest.
constexpr size_t kMostWritten = size_t{256} << 10;

// Steps stop here: a long run's first difference is found in its beginning, or not at all.
constexpr size_t kMostStepped = size_t{64} << 20;

void append_line(const std::string& line) {
  if (trace == nullptr) return;
  std::fwrite(line.data(), 1, line.size(), trace);
  std::fputc('\n', trace);
  std::fflush(trace);  // a crash later must not lose what was recorded before it
}

void append_step(const std::string& line) {
  stepped += line.size();
  append_line(line);
  if (stepped > kMostStepped) append_line(R"({"step":0,"changed":{}})");
}

void append_hex(std::string& out, const void* data, size_t size) {
  static const char* digits = "0123456789abcdef";
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
}

// How many bytes the program has written to its standard output.
int64_t printed() {
  std::cout.flush();
  return static_cast<int64_t>(lseek(STDOUT_FILENO, 0, SEEK_CUR));
}

std::string demangled(const char* name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return result;
}

// What was caught: the C++ class and the message, as a JSON object.
std::string caught() {
  std::string type = "?";
  std::string message;
  if (const std::type_info* info = abi::__cxa_current_exception_type()) type = demangled(info->name());
  try {
    throw;
  } catch (const c10::Error& error) {
    message = error.what_without_backtrace();
  } catch (const std::exception& error) {
    message = error.what();
  } catch (const py2cpp::Untranslatable& end) {
    message = end.what;
  } catch (...) {
    message = "";
  }
  std::string out = R"({"class":)";
  detail::quote(out, type);
  out += R"(,"message":)";
  detail::quote(out, message);
  return out + "}";
}

// The digest of the state of a generator: equal when both sides drew the same random numbers from it.
std::string digest_of(const at::Generator& generator) {
  const at::Tensor state = generator.get_state().contiguous();
  return Blake2b::of(state.data_ptr(), state.nbytes());
}

std::string generator_digest() { return digest_of(at::globalContext().defaultGenerator(at::kCPU)); }

// The digest of a tensor's bits, in which all NaN are one.
std::string digest(at::Tensor plain) {
  if (plain.is_complex()) plain = at::view_as_real(plain);
  if (plain.is_floating_point()) plain.masked_fill_(plain.isnan(), std::numeric_limits<double>::quiet_NaN());
  return Blake2b::of(plain.data_ptr(), plain.nbytes());
}

void write_named(std::string& out, const torch::OrderedDict<std::string, at::Tensor>& tensors) {
  bool first = true;
  for (const auto& item : tensors) {
    if (!first) out += ',';
    first = false;
    out += '[';
    detail::quote(out, item.key());
    out += ',';
    detail::write_tensor(out, item.value());
    out += ']';
  }
}

void write_sizes(std::string& out, at::IntArrayRef sizes) {
  out += '[';
  for (size_t i = 0; i < sizes.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(sizes[i]);
  out += ']';
}

at::Tensor accumulated_gradient(const at::Tensor& tensor) {
  // Not tensor.grad(): that warns about non-leaves.
  const auto* meta = torch::autograd::impl::get_autograd_meta(tensor);
  return meta == nullptr ? at::Tensor() : meta->grad_;
}

}  // namespace

bool active() { return trace != nullptr; }

namespace {

// As in Python: objects in objects so deep, and so many of one value, are written down.
constexpr size_t kDeepest = 20, kMostVisits = 1000;

std::vector<const void*> visiting;
size_t visits = 0;

using WriteFields = void (*)(std::string&, const torch::nn::Module&);

// Filled while libraries are loaded.
std::map<std::type_index, WriteFields>& known_modules() {
  static std::map<std::type_index, WriteFields> known;
  return known;
}

}  // namespace

void begin_visits() { visits = 0; }

Visit::Visit(const void* object) {
  const bool is_inside = std::find(visiting.begin(), visiting.end(), object) != visiting.end();
  is_new_ = !is_inside && visiting.size() < kDeepest && ++visits <= kMostVisits;
  visiting.push_back(object);
}

Visit::~Visit() { visiting.pop_back(); }

void know(const std::type_info& type, void (*write)(std::string& out, const torch::nn::Module& module)) {
  known_modules()[type] = write;
}

void hold(std::string_view name, std::function<void(std::string&)> write) {
  for (auto& [known, writer] : held) {
    if (known == name) {
      writer = std::move(write);
      return;
    }
  }
  held.emplace_back(name, std::move(write));
}

bool is_held(std::string_view name) {
  return std::any_of(held.begin(), held.end(), [&](const auto& item) { return item.first == name; });
}

void forget(std::string_view name) {
  held.erase(std::remove_if(held.begin(), held.end(), [&](const auto& item) { return item.first == name; }), held.end());
}

void watch(std::function<void()> record) { watched.push_back(std::move(record)); }

void unwatch() { watched.pop_back(); }

void append_held() {
  for (const auto& [name, write] : held) {
    std::string tree;
    begin_visits();
    write(tree);
    append_record(name, tree);
  }
  held.clear();
}

void step(int64_t line) {
  if (!stepping || trace == nullptr || stepped > kMostStepped) return;
  for (const auto& record : watched) record();
  std::string text = R"({"step":)" + std::to_string(line) + R"(,"changed":{)";
  bool first = true;
  for (const auto& [name, write] : held) {
    std::string tree;
    begin_visits();
    write(tree);
    const auto hash = std::hash<std::string>{}(tree);
    const auto [known, is_new] = last_seen.try_emplace(name, hash);
    if (!is_new && known->second == hash) continue;
    known->second = hash;
    if (!first) text += ',';
    first = false;
    detail::quote(text, name);
    text += ':' + tree;
  }
  append_step(text + "}}");
}

bool is_stepping() { return stepping && trace != nullptr && stepped <= kMostStepped; }

void append_inner(int64_t line, std::string_view changed, bool is_entry) {
  std::string text = R"({"step":)" + std::to_string(line) + (is_entry ? R"(,"caller":0)" : "");
  text += R"(,"inner":true,"changed":{)";
  text += changed;
  append_step(text + "}}");
}

Brief::Brief() : whole_(whole) { whole = false; }

Brief::~Brief() { whole = whole_; }

void append_record(std::string_view name, std::string_view tree) {
  std::string line = R"({"record":)";
  detail::quote(line, name);
  line += R"(,"value":)";
  line += tree;
  append_line(line + "}");
}

void append_print(std::string_view trees, std::string_view texts) {
  std::string line = R"({"print":[)";
  line += trees;
  line += R"(],"texts":[)";
  line += texts;
  append_line(line + R"(],"at":)" + std::to_string(printed()) + "}");
}

namespace detail {

// The elements of a tensor as lists in lists of Python's numbers.
void write_numbers(std::string& out, const at::Tensor& tensor) {
  if (tensor.dim() == 0) {
    write_scalar(out, tensor.item());
    return;
  }
  out += R"({"k":"seq","items":[)";
  for (int64_t i = 0; i < tensor.size(0); ++i) {
    if (i != 0) out += ',';
    write_numbers(out, tensor.select(0, i));
  }
  out += "]}";
}

void write_shown(std::string& out, const at::Tensor& tensor) {
  std::ostringstream stream;
  stream << tensor;
  quote(out, stream.str());
}

// Escapes as Python's json does: the keys of a dict are compared in this form.
void quote(std::string& out, std::string_view text) {
  static constexpr std::string_view kSpecial = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
  out += '"';
  for (const char character : text) {
    const auto code = static_cast<unsigned char>(character);
    const auto special = kSpecial.find(character);
    if (special != std::string_view::npos) {
      out += '\\';
      out += kLetters[special];
    } else if (code < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", code);
      out += escape;
    } else {
      out += character;
    }
  }
  out += '"';
}

void write_none(std::string& out) { out += R"({"k":"none"})"; }

void write_opaque(std::string& out) { out += R"({"k":"opaque"})"; }

void write_bool(std::string& out, bool value) {
  out += value ? R"({"k":"bool","v":true})" : R"({"k":"bool","v":false})";
}

void write_int(std::string& out, int64_t value) { out += R"({"k":"int","v":)" + std::to_string(value) + "}"; }

void write_float(std::string& out, double value) {
  out += R"({"k":"float","bits":")";
  append_hex(out, &value, sizeof value);
  out += "\"}";
}

void write_complex(std::string& out, double real, double imaginary) {
  out += R"({"k":"complex","bits":")";
  append_hex(out, &real, sizeof real);
  append_hex(out, &imaginary, sizeof imaginary);
  out += "\"}";
}

void write_string(std::string& out, std::string_view value) { write_word(out, "str", value); }

void write_word(std::string& out, std::string_view kind, std::string_view word) {
  out += R"({"k":)";
  quote(out, kind);
  out += R"(,"v":)";
  quote(out, word);
  out += '}';
}

void write_scalar(std::string& out, const at::Scalar& scalar) {
  if (scalar.isBoolean()) {
    write_bool(out, scalar.toBool());
  } else if (scalar.isIntegral(/*includeBool=*/false)) {
    write_int(out, scalar.toLong());
  } else if (scalar.isComplex()) {
    const auto value = scalar.toComplexDouble();
    write_complex(out, value.real(), value.imag());
  } else {
    write_float(out, scalar.toDouble());
  }
}

void write_generator(std::string& out, const at::Generator& generator) {
  if (!generator.defined()) return write_none(out);
  write_word(out, "generator", digest_of(generator));
}

// The name of the node of a tensor; `?` where autograd does not tell: of one of several views whose base has changed.
static std::optional<std::string> node_of(const at::Tensor& tensor) {
  try {
    const auto& node = tensor.grad_fn();
    return node == nullptr ? std::nullopt : std::make_optional(node->name());
  } catch (const c10::Error&) {
    return "?";
  }
}

void write_tensor(std::string& out, const at::Tensor& tensor) {
  if (!tensor.defined()) return write_none(out);
  at::NoGradGuard no_grad;
  at::Tensor plain = tensor.detach();
  std::string layout = "strided";
  if (plain.layout() != at::kStrided) {
    layout = "other";
    plain = plain.to_dense();
  }
  // A copy: gradients that are all zero may have no memory at all.
  plain = plain.resolve_conj().resolve_neg().cpu().clone(at::MemoryFormat::Contiguous);
  out += R"({"k":"tensor","dtype":)";
  quote(out, c10::getDtypeNames(tensor.scalar_type()).first);
  out += R"(,"shape":)";
  write_sizes(out, tensor.sizes());
  out += R"(,"layout":)";
  quote(out, layout);
  out += R"(,"requires_grad":)";
  out += tensor.requires_grad() ? "true" : "false";
  out += R"(,"is_leaf":)";
  const std::optional<std::string> node = node_of(tensor);
  out += node ? "false" : "true";
  out += R"(,"grad_fn":)";
  if (node) {
    quote(out, *node);
  } else {
    out += "null";
  }
  if (whole || plain.nbytes() <= kMostWritten) {
    out += R"(,"bits":")";
    append_hex(out, plain.data_ptr(), plain.nbytes());
  } else {
    out += R"(,"digest":")";
    out += digest(plain);
  }
  out += R"(","grad":)";
  const at::Tensor grad = accumulated_gradient(tensor);
  if (grad.defined()) {
    write_tensor(out, grad);
  } else {
    out += "null";
  }
  out += '}';
}

// The modules in a module with their paths: whether they train, and the attributes of those of the program's classes.
void write_modules(std::string& out, const std::string& path, const torch::nn::Module& module) {
  if (out.back() != '[') out += ',';
  out += '[';
  quote(out, path);
  out += module.is_training() ? ",true,[" : ",false,[";
  const auto known = known_modules().find(typeid(module));
  if (known != known_modules().end()) known->second(out, module);
  out += "]]";
  for (const auto& child : module.named_children()) {
    write_modules(out, path.empty() ? child.key() : path + "." + child.key(), *child.value());
  }
}

void write_module(std::string& out, const torch::nn::Module& module) {
  const Visit visit(&module);
  if (!visit) return write_opaque(out);
  out += R"({"k":"module","training":)";
  out += module.is_training() ? "true" : "false";
  out += R"(,"parameters":[)";
  write_named(out, module.named_parameters());
  out += R"(],"buffers":[)";
  write_named(out, module.named_buffers());
  out += R"(],"modules":[)";
  write_modules(out, "", module);
  out += "]}";
}

}  // namespace detail

}  // namespace py2cpp::probe

namespace py2cpp::drive {

void seed(uint64_t value) { torch::manual_seed(value); }

void unseed() { torch::manual_seed(c10::default_rng_seed_val); }

namespace {

void expect_success(int status) {
  if (status != 0) throw std::runtime_error("main returns " + std::to_string(status));
}

}  // namespace

void call(int (*main)()) { expect_success(main()); }

void call(int (*main)(int, char**)) {
  char name[] = "program";
  char* arguments[] = {name, nullptr};
  expect_success(main(1, arguments));
}

at::Tensor cotangent(const at::Tensor& output, int64_t index) {
  at::Tensor values = at::empty(output.sizes(), at::kDouble);
  auto* data = values.data_ptr<double>();
  for (int64_t i = 0; i < values.numel(); ++i) {
    uint64_t hash = static_cast<uint64_t>(i + 1) * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(index) * 0xd1b54a32d192ed03ULL;
    hash ^= hash >> 31;
    hash *= 0x94d049bb133111ebULL;
    data[i] = (2.0 * static_cast<double>((hash >> 40) & 0xff) - 255.0) / 256.0;
  }
  return values.to(output.scalar_type());
}

void require_grad(at::Tensor& input) {
  if (!input.is_floating_point() && !input.is_complex()) return;
  if (input.is_leaf()) {
    input.requires_grad_(true);
  } else {
    input.retain_grad();
  }
}

Variant variant() {
  const char* number = std::getenv("PY2CPP_VARIANT");
  return number == nullptr ? Variant::kAsGiven : static_cast<Variant>(std::atoi(number));
}

namespace {

double smallest_normal(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return std::numeric_limits<double>::min();
    case at::kHalf:
      return std::numeric_limits<at::Half>::min();
    case at::kBFloat16:
      return std::numeric_limits<at::BFloat16>::min();
    default:
      return std::numeric_limits<float>::min();
  }
}

at::Tensor with_special(const at::Tensor& input) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double special[] = {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), -0.0};
  at::Tensor flat = input.flatten().clone();
  for (int64_t i = 0; i < std::min<int64_t>(flat.numel(), 4); ++i) flat[i] = special[i];
  return flat.view(input.sizes());
}

}  // namespace

at::Tensor varied(const at::Tensor& input, Variant variant) {
  if (!input.is_floating_point()) return input;
  switch (variant) {
    case Variant::kZeros:
      return at::zeros_like(input.detach());
    case Variant::kTies:
      return input.detach().round();
    case Variant::kLarge:
      return input.detach() * 1e4;
    case Variant::kSubnormal:
      return input.detach() * smallest_normal(input.scalar_type());
    case Variant::kSpecial:
      return with_special(input.detach());
    default:
      return input;
  }
}

void backward_twice(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& inputs) {
  torch::autograd::variable_list roots, cotangents, leaves, found;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].requires_grad()) continue;
    roots.push_back(outputs[i]);
    cotangents.push_back(cotangent(outputs[i], static_cast<int64_t>(i)));
  }
  for (const auto& input : inputs) {
    if (input.requires_grad()) leaves.push_back(input);
  }
  if (!roots.empty() && !leaves.empty()) {
    found = torch::autograd::grad(roots, leaves, cotangents, /*retain_graph=*/std::nullopt, /*create_graph=*/true,
                                  /*allow_unused=*/true);
  }
  std::vector<at::Tensor> defined(found);
  for (auto& gradient : defined) {
    if (!gradient.defined()) gradient = at::zeros({0});  // has a number, and no gradient
  }
  backward(defined);
  probe::record("first", found);
}

void backward(const std::vector<at::Tensor>& outputs) {
  torch::autograd::variable_list roots;
  torch::autograd::variable_list cotangents;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].requires_grad()) continue;
    roots.push_back(outputs[i]);
    cotangents.push_back(cotangent(outputs[i], static_cast<int64_t>(i)));
  }
  if (!roots.empty()) torch::autograd::backward(roots, cotangents);
}

}  // namespace py2cpp::drive

extern "C" void py2cpp_run_traced(py2cpp_entry entry, unsigned long long seed, const char* trace_path, const char* nonce) {
  namespace probe = py2cpp::probe;
  probe::trace = std::fopen(trace_path, "we");
  if (probe::trace == nullptr) std::abort();
  const char* detail = std::getenv("PY2CPP_DETAIL");
  probe::stepping = detail != nullptr && std::strcmp(detail, "steps") == 0;
  probe::whole = probe::stepping || (detail != nullptr && std::strcmp(detail, "whole") == 0);
  at::set_num_threads(1);
  torch::manual_seed(seed);
  std::string outcome = "null";
  try {
    entry(seed);
  } catch (const py2cpp::Exit& exit) {
    if (exit.status != 0) outcome = probe::caught();
  } catch (...) {
    outcome = probe::caught();
  }
  probe::append_held();
  std::string line = R"({"end":)";
  probe::detail::quote(line, nonce);
  line += R"(,"error":)" + outcome + R"(,"generator":)";
  probe::detail::quote(line, probe::generator_digest());
  probe::append_line(line + R"(,"at":)" + std::to_string(probe::printed()) + "}");
  std::fclose(probe::trace);
  probe::trace = nullptr;
}
