// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/field.h"
#include "serve/json_writer.h"

namespace culprit {

/// The fields but those of the members `ids` and of objects so named, which the caller writes
/// itself: an object that can be null as a whole, a boolean.
template <class Row>
std::vector<Field<Row>> fields_without(std::span<const Field<Row>> fields,
                                       std::initializer_list<std::string_view> ids) {
  std::vector<Field<Row>> kept;
  for (const Field<Row>& field : fields) {
    const bool named = std::any_of(ids.begin(), ids.end(), [&](std::string_view id) {
      return field.id.starts_with(id) &&
             (field.id.size() == id.size() || field.id[id.size()] == '.');
    });
    if (!named) kept.push_back(field);
  }
  return kept;
}

/// A field table as the object that its dotted ids describe. The ids are taken apart
/// once; writing an object then looks nothing up.
template <class Row>
class FieldTree {
 public:
  explicit FieldTree(std::span<const Field<Row>> fields) {
    for (const Field<Row>& field : fields) insert(root_, field.id, field);
  }

  /// Writes the members of an object that the caller begins and ends. `extra(path)` is
  /// called at the end of every object within it ("" is the whole row), to add members.
  template <class Extra>
  void write(JsonWriter& out, const Row& row, double seconds, Extra&& extra) const {
    write(root_, out, row, seconds, extra);
  }

 private:
  struct Node {
    std::string path, key;
    const Field<Row>* field = nullptr;  ///< of a leaf
    std::vector<Node> children;
  };

  static void insert(Node& parent, std::string_view id, const Field<Row>& field) {
    const std::size_t dot = id.find('.');
    const std::string_view key = id.substr(0, dot);
    Node* node = nullptr;
    for (Node& child : parent.children)
      if (child.key == key) node = &child;
    if (!node) {
      const std::string path = parent.path + (parent.path.empty() ? "" : ".") + std::string(key);
      node = &parent.children.emplace_back(Node{path, std::string(key), nullptr, {}});
    }
    if (dot == std::string_view::npos)
      node->field = &field;
    else
      insert(*node, id.substr(dot + 1), field);
  }

  template <class Extra>
  static void write(const Node& node, JsonWriter& out, const Row& row, double seconds,
                    Extra& extra) {
    for (const Node& child : node.children) {
      out.key(child.key);
      if (child.field) {
        leaf(out, child.field->get(row, seconds));
      } else {
        out.begin_object();
        write(child, out, row, seconds, extra);
        out.end_object();
      }
    }
    extra(std::string_view(node.path));
  }

  static void leaf(JsonWriter& out, const Value& value) {
    std::visit(
        [&](const auto& held) {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>)
            out.value(nullptr);
          else
            out.value(held);
        },
        value);
  }

  Node root_;
};

}  // namespace culprit
