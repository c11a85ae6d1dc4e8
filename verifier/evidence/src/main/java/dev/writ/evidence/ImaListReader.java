// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Reads the entries of a measurement list one after the other, to the end of its bytes. */
abstract class ImaListReader {
  /** Longest name of a template in bytes; the kernel's longest, a list of fields, has 69. */
  static final int MAX_TEMPLATE_NAME = 128;

  final byte[] bytes;
  final int end;
  final TpmAlg listHash;
  final long start;

  /** Where the next entry starts. */
  int next;

  private int read;

  ImaListReader(byte[] bytes, int at, int end, long start, TpmAlg listHash) {
    this.bytes = bytes;
    this.next = at;
    this.end = end;
    this.start = start;
    this.listHash = listHash;
  }

  /**
   * Fills {@code entry} with the next entry.
   *
   * @return false at the end, with {@code entry} as it was
   * @throws MalformedEvidenceException if what follows is no whole entry
   */
  final boolean next(ImaEntry entry) throws MalformedEvidenceException {
    if (next == end) {
      return false;
    }
    entry.index = start + read;
    entry.at = next;
    if (read == ImaSegment.MAX_ENTRIES) {
      throw new MalformedEvidenceException(
          "imaList", next, "at most " + ImaSegment.MAX_ENTRIES + " entries", "more");
    }
    read++;
    readEntry(entry);
    return true;
  }

  /** Reads the entry that starts at {@link #next}, which is before the end, and moves on. */
  abstract void readEntry(ImaEntry entry) throws MalformedEvidenceException;

  /** Whether the listed template digest is all zero. */
  final boolean listedDigestIsZero(ImaEntry entry) {
    int or = 0;
    for (int i = 0; i < listHash.digestBytes(); i++) {
      or |= entry.templateDigest[i];
    }
    return or == 0;
  }
}
