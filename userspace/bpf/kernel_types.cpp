// SPDX-License-Identifier: Apache-2.0
#include "bpf/kernel_types.h"

#include <bpf/btf.h>

#include <cerrno>
#include <cstring>
#include <unordered_set>

namespace culprit {

void KernelTypes::BtfDeleter::operator()(btf* types) const {
  btf__free(types);
}

Result<KernelTypes> KernelTypes::read(const std::filesystem::path& file,
                                      const std::set<std::string_view>& names) {
  KernelTypes types;
  types.btf_.reset(btf__parse_raw(file.c_str()));
  if (!types.btf_) return unsupported(file.string() + ": " + std::strerror(errno));
  const std::unordered_set<std::string_view> wanted(names.begin(), names.end());
  const std::uint32_t count = types.count();
  for (std::uint32_t id = 1; id < count; id++) {
    const btf_type* type = btf__type_by_id(types.btf_.get(), id);
    if (!btf_is_struct(type) && !btf_is_typedef(type) && !btf_is_func(type)) continue;
    const char* name = btf__name_by_offset(types.btf_.get(), type->name_off);
    if (name && wanted.count(name)) types.ids_.try_emplace({btf_kind(type), name}, id);
  }
  return types;
}

std::uint32_t KernelTypes::count() const {
  return btf__type_cnt(btf_.get());
}

std::uint32_t KernelTypes::find(std::uint32_t kind, std::string_view name) const {
  const auto found = ids_.find(std::pair(kind, std::string(name)));
  return found == ids_.end() ? 0 : found->second;
}

std::uint32_t KernelTypes::function(std::string_view name) const {
  return find(BTF_KIND_FUNC, name);
}

std::uint32_t KernelTypes::tracepoint(std::string_view name) const {
  return find(BTF_KIND_TYPEDEF, "btf_trace_" + std::string(name));
}

bool KernelTypes::has_member(std::string_view structure, std::string_view member) const {
  const std::uint32_t id = find(BTF_KIND_STRUCT, structure);
  if (!id) return false;
  const btf_type* type = btf__type_by_id(btf_.get(), id);
  const btf_member* members = btf_members(type);
  for (int i = 0; i < btf_vlen(type); i++)
    if (member == btf__name_by_offset(btf_.get(), members[i].name_off)) return true;
  return false;
}

}  // namespace culprit
