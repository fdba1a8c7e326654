// Recorders: what a program computed, written down so that Python's run and C++'s run can be compared bit for bit.
//
//   py2cpp::record("loss", loss);           // in hand-written C++
//   py2cpp::probe::record("loss", loss);    // in generated C++, at the end of run()
//   py2cpp::probe::print(loss, epoch);      // in generated C++, before each print
//
// A value is a tree: tensors, numbers, strings and dtypes are leaves; vectors, tuples, optionals, dictionaries and
// modules hold further values; anything else is "opaque" (it is there, and nobody compares it).
// docs/trace-format.md describes the text that this writes. Without a trace (a program run on its own) all of it is
// without effect.
#pragma once

#include <torch/torch.h>

#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <variant>
#include <vector>

namespace py2cpp {
template <class Key, class Value>
struct DefaultDict;
template <class Key>
struct Counter;
template <class T>
struct Deque;
template <class T>
struct Spread;
}  // namespace py2cpp

namespace py2cpp::probe {

// Whether a trace is being written; recorders do nothing otherwise.
bool active();
// Appends one record: the tree of a named value.
void append_record(std::string_view name, std::string_view tree);
// Keeps what writes the tree of a named value until the program ends; `forget` drops it.
void hold(std::string_view name, std::function<void(std::string&)> write);
bool is_held(std::string_view name);
void forget(std::string_view name);
// Appends one print: the trees of its arguments, and how LibTorch shows those that are tensors.
void append_print(std::string_view trees, std::string_view texts);
// Behind each statement of a script, with its line in Python. Writes nothing, unless the run looks for the first
// difference: then, the values that have changed since the last step.
void step(int64_t line);
// The same in functions: whether that is looked for, and what a statement's variables are.
bool is_stepping();
void append_inner(int64_t line, std::string_view changed, bool is_entry);
// Large tensors are written as digests while it lives.
class Brief {
 public:
  Brief();
  ~Brief();
  Brief(const Brief&) = delete;
  Brief& operator=(const Brief&) = delete;

 private:
  bool whole_;
};
// Before a `return`, which is given to `returned` then; that of a custom Function, to `returned_list`.
inline void returning(int64_t) {}
inline void returning_list(int64_t) {}
// What records a variable anew at each step, until the block ends that declares it: blocks end in the reverse order.
void watch(std::function<void()> record);
void unwatch();

// The keys and values of a dict that is an object.
template <class... Pairs>
auto items(Pairs... pairs) {
  return std::make_tuple(std::move(pairs)...);
}

// The attributes of an object: `fields(field("n", [](const auto& self) -> decltype((self.n)) { return self.n; }))`. One
// that the class does not have, in C++ by hand, is left out.
template <class Get>
struct Field {
  const char* name;
  Get get;
};
template <class Get>
Field<Get> field(const char* name, Get get) {
  return {name, std::move(get)};
}
template <class... Fields>
auto fields(Fields... all) {
  return std::make_tuple(std::move(all)...);
}

// What no two runs share, as the time: it equals anything.
struct Opaque {};

// Doubles for which Python may have ints.
template <class T>
struct Loose {
  T value;
};
template <class T>
Loose<T> loose(T value) {
  return {std::move(value)};
}

// An object or a module that is being written. One that is inside of itself is not written again, nor are those of a
// graph of objects behind the first ones.
class Visit {
 public:
  explicit Visit(const void* object);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  explicit operator bool() const { return is_new_; }

 private:
  bool is_new_;
};
// Begins to write a value: its objects are counted anew.
void begin_visits();
// Has the recorders know how to write the attributes of the modules of a class.
void know(const std::type_info& type, void (*write)(std::string& out, const torch::nn::Module& module));

namespace detail {

void write_none(std::string& out);
void write_opaque(std::string& out);
void write_bool(std::string& out, bool value);
void write_int(std::string& out, int64_t value);
void write_float(std::string& out, double value);
void write_complex(std::string& out, double real, double imaginary);
void write_string(std::string& out, std::string_view value);
void write_word(std::string& out, std::string_view kind, std::string_view word);
void write_tensor(std::string& out, const at::Tensor& tensor);
void write_scalar(std::string& out, const at::Scalar& scalar);
void write_generator(std::string& out, const at::Generator& generator);
void write_module(std::string& out, const torch::nn::Module& module);
void write_numbers(std::string& out, const at::Tensor& tensor);
void write_shown(std::string& out, const at::Tensor& tensor);
void quote(std::string& out, std::string_view text);

template <template <class...> class Template, class T>
struct is_instance : std::false_type {};
template <template <class...> class Template, class... Args>
struct is_instance<Template, Template<Args...>> : std::true_type {};
template <template <class...> class Template, class T>
inline constexpr bool is_instance_v = is_instance<Template, T>::value;

template <class T, class = void>
struct is_holder : std::false_type {};
template <class T>
struct is_holder<T, std::void_t<typename T::ContainedType>>
    : std::is_base_of<torch::nn::Module, typename T::ContainedType> {};

template <class T>
struct is_module_pointer : std::false_type {};
template <class T>
struct is_module_pointer<std::shared_ptr<T>> : std::is_base_of<torch::nn::Module, T> {};

template <class T>
struct is_node_pointer : std::is_base_of<torch::autograd::Node, T> {};
template <class T, class = void>
struct points_to_node : std::false_type {};
template <class T>
struct points_to_node<T, std::void_t<decltype(std::declval<const T&>().get()), decltype(*std::declval<const T&>())>>
    : is_node_pointer<std::decay_t<decltype(*std::declval<const T&>())>> {};

// A py2cpp::NestedList, or the like: lists in lists of the numbers of a tensor.
template <class T, class = void>
struct is_nested_list : std::false_type {};
template <class T>
struct is_nested_list<T, std::void_t<decltype(std::declval<const T&>().values()), decltype(std::declval<const T&>().str())>>
    : std::is_same<decltype(std::declval<const T&>().values()), const at::Tensor&> {};

// A py2cpp::Array, or the like: it is written as the tensor of its numbers.
template <class T, class = void>
struct is_array : std::false_type {};
template <class T>
struct is_array<T, std::void_t<decltype(std::declval<const T&>().tensor())>>
    : std::is_same<decltype(std::declval<const T&>().tensor()), const at::Tensor&> {};

// A dict that is an object: it gives its keys and values.
template <class T, class = void>
struct is_record : std::false_type {};
template <class T>
struct is_record<std::shared_ptr<T>, std::void_t<decltype(T::py2cpp_items(std::declval<const T&>()))>> : std::true_type {};

// A class with attributes.
template <class T, class = void>
struct has_fields : std::false_type {};
template <class T>
struct has_fields<T, std::void_t<decltype(T::py2cpp_fields)>> : std::true_type {};
// What objects of several classes are known as: each writes its own attributes.
template <class T, class = void>
struct is_family : std::false_type {};
template <class T>
struct is_family<T, std::void_t<decltype(std::declval<const T&>().py2cpp_write(std::declval<std::string&>()))>>
    : std::true_type {};
template <class T>
struct is_object : std::false_type {};
template <class T>
struct is_object<std::shared_ptr<T>> : std::disjunction<has_fields<T>, is_family<T>> {};

// An optimizer: what it knows has names and numbers.
template <class T, class = void>
struct is_optimizer : std::false_type {};
template <class T>
struct is_optimizer<T, std::void_t<decltype(std::declval<const T&>().state_dict().groups)>> : std::true_type {};

template <class T>
struct is_sequence : std::false_type {};
template <class T, class A>
struct is_sequence<std::vector<T, A>> : std::true_type {};
template <class T, size_t N>
struct is_sequence<std::array<T, N>> : std::true_type {};
template <class T>
struct is_sequence<c10::ArrayRef<T>> : std::true_type {};
template <class T>
struct is_sequence<Deque<T>> : std::true_type {};

template <class T>
inline constexpr bool is_dict_v =
    is_instance_v<torch::OrderedDict, T> || is_instance_v<DefaultDict, T> || is_instance_v<Counter, T>;

template <class T>
void write(std::string& out, const T& value);

template <class Sequence>
void write_sequence(std::string& out, const Sequence& values) {
  out += R"({"k":"seq","items":[)";
  bool first = true;
  for (const auto& value : values) {
    if (!first) out += ',';
    first = false;
    write<typename Sequence::value_type>(out, value);
  }
  out += "]}";
}

template <class Tuple, size_t... Index>
void write_tuple(std::string& out, const Tuple& values, std::index_sequence<Index...>) {
  out += R"({"k":"seq","items":[)";
  ((out += (Index == 0 ? "" : ","), write(out, std::get<Index>(values))), ...);
  out += "]}";
}

template <class... T>
std::string key_text(const std::tuple<T...>& parts);

// A tuple that is the key of a dict.
template <class T, class = void>
struct is_tuple_key : std::false_type {};
template <class T>
struct is_tuple_key<T, std::void_t<typename T::Tuple>> : std::true_type {};

template <class Key>
std::string key_text(const Key& key) {
  if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
    std::string quoted;
    quote(quoted, key);
    return quoted;
  } else if constexpr (std::is_integral_v<Key>) {
    return std::to_string(key);
  } else if constexpr (is_tuple_key<Key>::value) {
    return key_text(static_cast<const typename Key::Tuple&>(key));
  } else {
    return "?";
  }
}

template <class... T>
std::string key_text(const std::tuple<T...>& parts) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  std::apply([&](const auto&... part) { (add(key_text(part)), ...); }, parts);
  return "(" + text + ")";
}

template <class Key, class Value>
void write_item(std::string& out, const Key& key, const Value& value, bool first) {
  if (!first) out += ',';
  out += '[';
  quote(out, key_text(key));
  out += ',';
  write(out, value);
  out += ']';
}

template <class Key, class Value>
void write_dict(std::string& out, const torch::OrderedDict<Key, Value>& dict) {
  out += R"({"k":"dict","items":[)";
  bool first = true;
  for (const auto& item : dict) {
    write_item(out, item.key(), item.value(), first);
    first = false;
  }
  out += "]}";
}

template <class Map>
void write_map(std::string& out, const Map& map) {
  out += R"({"k":"dict","items":[)";
  bool first = true;
  for (const auto& [key, value] : map) {
    write_item(out, key, value, first);
    first = false;
  }
  out += "]}";
}

template <class Record>
void write_record(std::string& out, const Record& record) {
  if (record == nullptr) {
    write_none(out);
    return;
  }
  out += R"({"k":"dict","items":[)";
  bool first = true;
  const auto write_one = [&](const auto& item) {
    write_item(out, item.first, item.second, first);
    first = false;
  };
  std::apply([&](const auto&... items) { (write_one(items), ...); }, Record::element_type::py2cpp_items(*record));
  out += "]}";
}

// A part of an object: a name, not a key.
template <class Value>
void write_part(std::string& out, std::string_view name, const Value& value) {
  if (out.back() != '[') out += ',';
  out += '[';
  quote(out, name);
  out += ',';
  write<Value>(out, value);
  out += ']';
}

template <class T, class Get>
void write_field(std::string& out, const T& object, const Field<Get>& field) {
  if constexpr (std::is_invocable_v<const Get&, const T&>) write_part(out, field.name, field.get(object));
}

// The attributes of an object, as what stands in the brackets of a list.
template <class T>
void write_fields(std::string& out, const T& object) {
  std::apply([&](const auto&... fields) { (write_field(out, object, fields), ...); }, T::py2cpp_fields);
}

// An object, each only once.
template <class T>
void write_attributes(std::string& out, const T& object) {
  if constexpr (has_fields<T>::value) {
    const Visit visit(&object);
    if (!visit) return write_opaque(out);
    out += R"({"k":"object","items":[)";
    write_fields(out, object);
    out += "]}";
  } else {
    write_opaque(out);
  }
}

template <class T>
void write_object(std::string& out, const std::shared_ptr<T>& object) {
  if (object == nullptr) return write_none(out);
  if constexpr (is_family<T>::value) {
    object->py2cpp_write(out);
  } else {
    write_attributes(out, *object);
  }
}

// Whether a value is a number that may be a tensor.
template <class T, class = void>
struct HasPlain : std::false_type {};
template <class T>
struct HasPlain<T, std::void_t<decltype(std::declval<const T&>().plain())>> : std::true_type {};

template <class Optimizer>
void write_optimizer(std::string& out, const Optimizer& optimizer) {
  if (optimizer == nullptr) return write_none(out);
  out += R"({"k":"object","items":[)";
  auto state = optimizer.state_dict();
  for (size_t i = 0; i < state.groups.size(); ++i) {
    state.groups[i].values.each([&out, i](const char* name, const auto& value) {
      if (!value) return;
      const std::string path = "param_groups[" + std::to_string(i) + "]." + name;
      using Held = std::decay_t<decltype(*value)>;
      if constexpr (std::is_same_v<Held, int64_t>) {
        write_part(out, path, static_cast<double>(*value));  // Python takes 0 for 0.0
      } else if constexpr (HasPlain<Held>::value) {
        value->is_tensor() ? write_part(out, path, value->tensor()) : write_part(out, path, value->plain());
      } else {
        write_part(out, path, *value);
      }
    });
  }
  for (const auto& [number, one] : state.states) {
    const std::string name = "state[" + std::to_string(number) + "].";
    write_part(out, name + "step", *one->steps);
    for (const auto& [key, tensor] : one->tensors) write_part(out, name + key, tensor);
  }
  out += "]}";
}

template <class T>
void write_number(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    write_bool(out, value);
  } else if constexpr (std::is_integral_v<T>) {
    write_int(out, static_cast<int64_t>(value));
  } else {
    write_float(out, static_cast<double>(value));
  }
}

template <class T>
inline constexpr bool is_number_v = std::is_arithmetic_v<T> || std::is_same_v<T, c10::Half> || std::is_same_v<T, c10::BFloat16>;

template <class T>
void write_leaf(std::string& out, const T& value) {
  if constexpr (is_number_v<T>) {
    write_number(out, value);
  } else if constexpr (is_instance_v<std::complex, T> || is_instance_v<c10::complex, T>) {
    write_complex(out, value.real(), value.imag());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    write_string(out, value);
  } else if constexpr (std::is_same_v<T, at::Scalar>) {
    write_scalar(out, value);
  } else if constexpr (std::is_same_v<T, c10::ScalarType>) {
    write_word(out, "dtype", c10::getDtypeNames(value).first);
  } else if constexpr (std::is_same_v<T, caffe2::TypeMeta>) {
    write_word(out, "dtype", c10::getDtypeNames(c10::typeMetaToScalarType(value)).first);
  } else if constexpr (std::is_same_v<T, at::Generator>) {
    write_generator(out, value);
  } else if constexpr (std::is_same_v<T, c10::Device>) {
    write_word(out, "device", value.str());
  } else if constexpr (std::is_same_v<T, std::nullopt_t> || std::is_same_v<T, std::nullptr_t>) {
    write_none(out);
  } else {
    write_opaque(out);
  }
}

template <class Pointer>
void write_pointed_module(std::string& out, const Pointer& pointer) {
  if (pointer == nullptr) {
    write_none(out);
  } else {
    write_module(out, *pointer);
  }
}

// The tree of `value`: each branch is one kind of container; what has no items is a leaf.
template <class T>
void write(std::string& out, const T& value) {
  if constexpr (std::is_base_of_v<at::TensorBase, T>) {
    const at::Tensor tensor(value);
    if (tensor.defined() && tensor.unsafeGetTensorImpl()->is_wrapped_number()) {
      write_scalar(out, tensor.item());
    } else {
      write_tensor(out, tensor);
    }
  } else if constexpr (is_instance_v<std::optional, T>) {
    if (value.has_value()) {
      write(out, *value);
    } else {
      write_none(out);
    }
  } else if constexpr (is_sequence<T>::value) {
    write_sequence(out, value);
  } else if constexpr (is_instance_v<std::tuple, T>) {
    write_tuple(out, value, std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (is_instance_v<std::pair, T>) {
    write_tuple(out, value, std::make_index_sequence<2>());
  } else if constexpr (is_dict_v<T>) {
    write_dict(out, value);
  } else if constexpr (is_instance_v<std::map, T>) {
    write_map(out, value);
  } else if constexpr (is_instance_v<Loose, T>) {
    out += R"({"k":"loose","value":)";
    write(out, value.value);
    out += '}';
  } else if constexpr (is_instance_v<std::variant, T>) {
    std::visit([&out](const auto& chosen) { write(out, chosen); }, value);
  } else if constexpr (is_holder<T>::value) {
    if (value.is_empty()) {
      write_none(out);
    } else {
      write_module(out, *value.ptr());
    }
  } else if constexpr (std::is_same_v<T, torch::nn::AnyModule>) {
    if (value.is_empty()) {
      write_none(out);
    } else {
      write_module(out, *value.ptr());
    }
  } else if constexpr (is_record<T>::value) {
    write_record(out, value);
  } else if constexpr (is_object<T>::value) {
    write_object(out, value);
  } else if constexpr (is_optimizer<T>::value) {
    write_optimizer(out, value);
  } else if constexpr (is_module_pointer<T>::value) {
    write_pointed_module(out, value);
  } else if constexpr (std::is_base_of_v<torch::nn::Module, T>) {
    write_module(out, value);
  } else if constexpr (is_array<T>::value) {
    write_tensor(out, value.tensor());
  } else if constexpr (is_nested_list<T>::value) {
    write_numbers(out, value.values());
  } else if constexpr (points_to_node<T>::value) {
    if (value) {
      write_word(out, "node", value->name());
    } else {
      write_none(out);
    }
  } else {
    write_leaf(out, value);
  }
}

// The text that a tensor is printed as; null for what Python shows in the same way.
template <class T>
void write_text(std::string& out, const T& value) {
  if constexpr (std::is_base_of_v<at::TensorBase, T>) {
    write_shown(out, at::Tensor(value));
  } else {
    out += "null";
  }
}

}  // namespace detail

// In a struct that objects of several classes are known as, and in the structs of these: how they write themselves.
using Text = std::string;
#define PY2CPP_WRITTEN(text) virtual void py2cpp_write(text& out) const = 0
#define PY2CPP_WRITTEN_BY(write) \
  void py2cpp_write(py2cpp::probe::Text& out) const override { write(out, *this); }
template <class T>
void write_attributes(Text& out, const T& object) {
  detail::write_attributes(out, object);
}

template <class T>
void record(std::string_view name, const T& value);

// Records None under a name, or forgets the name: for an object, which is not recorded itself.
inline void record_none(std::string_view name, bool is_none) {
  if (is_none) {
    record(name, std::nullopt);
  } else {
    forget(name);
  }
}

// Records `value` under the Python name `name`, in place of what had the name before. A copy is kept, which for tensors
// and modules is another handle, and written when the program ends: with the gradients that it has then.
template <class T>
void record(std::string_view name, const T& value) {
  if (!active()) return;
  if constexpr (std::is_copy_constructible_v<T> && !std::is_array_v<T> && !std::is_base_of_v<torch::nn::Module, T>) {
    hold(name, [value](std::string& out) { detail::write(out, value); });
  } else {
    std::string tree;
    detail::write(tree, value);
    hold(name, [tree](std::string& out) { out += tree; });
  }
}

// Records what a variable holds when its block ends, however it ends: it changes without an assignment in that block.
// A variable that was never given a value, or was deleted, has no record, and gets none; where only functions assign it
// (`afar`), no line records it, and it shows itself whether it has a value. `loose`: its doubles may be ints in Python.
template <class T>
class Watch {
 public:
  Watch(std::string_view name, const T& value, bool afar = false, bool loose = false)
      : name_(name), value_(value), afar_(afar), loose_(loose) {
    watch([this] { record(); });
  }
  ~Watch() {
    record();
    unwatch();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  void record() const {
    if (!afar_) {
      if (!is_held(name_)) return;
      loose_ ? probe::record(name_, loose(value_)) : probe::record(name_, value_);  // not those of the value's namespace
    } else if constexpr (std::is_same_v<T, at::Tensor>) {
      if (value_.defined()) probe::record(name_, value_);
    } else if constexpr (detail::is_instance_v<std::optional, T>) {
      if (value_) probe::record(name_, *value_);
    }
  }

  std::string_view name_;
  const T& value_;
  bool afar_, loose_;
};

// Behind a class of modules that has attributes.
template <class T>
bool know() {
  if constexpr (detail::has_fields<T>::value) {
    know(typeid(T), [](std::string& out, const torch::nn::Module& module) {
      detail::write_fields(out, static_cast<const T&>(module));
    });
  }
  return true;
}

namespace detail {

inline void write_named_values(std::string&) {}
template <class T, class... Rest>
void write_named_values(std::string& out, const char* name, const T& value, const Rest&... rest) {
  if (!out.empty()) out += ',';
  quote(out, name);
  out += ':';
  begin_visits();
  write<T>(out, value);
  write_named_values(out, rest...);
}

}  // namespace detail

// Behind a statement of a function, with its line in Python: the names and the values of its variables, in turn.
template <class... Values>
void inner(int64_t line, const Values&... values) {
  if (!is_stepping()) return;
  const Brief brief;
  std::string changed;
  detail::write_named_values(changed, values...);
  append_inner(line, changed, false);
}

// First in a function, with its arguments.
template <class... Values>
void entered(int64_t line, const Values&... values) {
  if (!is_stepping()) return;
  const Brief brief;
  std::string changed;
  detail::write_named_values(changed, values...);
  append_inner(line, changed, true);
}

// What a function returns.
template <class T>
T&& returned(int64_t line, T&& value) {
  inner(line, "return", value);
  return std::forward<T>(value);
}

// What the forward or backward of a custom Function returns: Python says one tensor without a list.
inline torch::autograd::variable_list returned_list(int64_t line, torch::autograd::variable_list values) {
  if (values.size() == 1) {
    inner(line, "return", values[0]);
  } else {
    inner(line, "return", values);
  }
  return values;
}

namespace detail {

// What an argument of `print` stands for: itself, or the values that a star spreads.
template <class T, class Visit>
void each(const T& value, const Visit& visit) {
  visit(value);
}
template <class T, class Visit>
void each(const Spread<T>& spread, const Visit& visit) {
  for (const T& value : spread.values) visit(value);
}

}  // namespace detail

// Records the arguments of one `print`, in order.
template <class... Args>
void print(const Args&... args) {
  if (!active()) return;
  begin_visits();
  std::string trees;
  std::string texts;
  [[maybe_unused]] const auto add = [&](const auto& value) {
    if (!trees.empty()) trees += ',', texts += ',';
    detail::write(trees, value);
    detail::write_text(texts, value);
  };
  (detail::each(args, add), ...);
  append_print(trees, texts);
}

}  // namespace py2cpp::probe

namespace py2cpp {

// Records `value` under the Python name `name`: for hand-written C++.
template <class T>
void record(std::string_view name, const T& value) {
  probe::record(name, value);
}

}  // namespace py2cpp
