// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A pack that is in no file. */
final class PackInMemory implements PackMembers {
  private final TreeMap<String, byte[]> bytes = new TreeMap<>();

  void put(String name, byte[] member) {
    var unused = bytes.put(name, member);
  }

  void remove(String name) {
    var unused = bytes.remove(name);
  }

  @Override
  public SortedMap<String, Member> members() {
    TreeMap<String, Member> members = new TreeMap<>();
    bytes.forEach((name, is) -> members.put(name, new Member(0, is.length, Hash.sha256(is))));
    return members;
  }

  @Override
  public byte[] bytes(String name) {
    return Optional.ofNullable(bytes.get(name)).orElseThrow();
  }
}
