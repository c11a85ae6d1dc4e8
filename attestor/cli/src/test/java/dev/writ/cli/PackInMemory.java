// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A pack that is in no file. */
final class PackInMemory implements PackMembers {
  private final TreeMap<String, byte[]> bytes = new TreeMap<>();
  private final TreeMap<String, Member> members = new TreeMap<>();

  void put(String name, byte[] member) {
    bytes.put(name, member);
    members.put(name, new Member(0, member.length, Hash.sha256(member)));
  }

  void remove(String name) {
    bytes.remove(name);
    members.remove(name);
  }

  @Override
  public SortedMap<String, Member> members() {
    return Collections.unmodifiableSortedMap(members);
  }

  @Override
  public byte[] bytes(String name) {
    return Optional.ofNullable(bytes.get(name)).orElseThrow();
  }
}
