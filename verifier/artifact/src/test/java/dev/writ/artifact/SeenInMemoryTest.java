// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** The memory that lasts as long as its process. */
class SeenInMemoryTest extends SeenContract {
  private final SeenInMemory seen = new SeenInMemory();

  @Override
  Seen seen() {
    return seen;
  }
}
