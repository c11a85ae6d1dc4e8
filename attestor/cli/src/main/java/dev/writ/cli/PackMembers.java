// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.SortedMap;

/** The members of an evidence pack, while it is written or as it was read. */
interface PackMembers {
  /**
   * A member.
   *
   * @param at where its bytes begin in the file
   */
  record Member(long at, int size, Hash sha256) {}

  /** All of them, by their names. */
  SortedMap<String, Member> members();

  /**
   * The bytes of one that is there.
   *
   * @throws IllegalArgumentException if it is not
   */
  byte[] bytes(String name) throws IOException;
}
