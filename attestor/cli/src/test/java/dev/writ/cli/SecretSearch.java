// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Finds secrets in bytes of any kind and length, in each form in which a program may hold them. */
final class SecretSearch {
  private static final int CHUNK = 1 << 20;
  private static final int PREFIX = 4;
  private static final int FILTER_BITS = 16;

  /** Shorter secrets would be found where they are not. */
  private static final int MIN_BYTES = 8;

  private static final byte[] ZEROS = new byte[4096];

  /** What is looked for, and by which name it is told of. */
  private record Pattern(String name, byte[] bytes) {}

  private final List<Pattern> patterns = new ArrayList<>();
  private final boolean[] filter = new boolean[1 << FILTER_BITS];
  private int longest;

  /** Looks for text too: as characters of one or two bytes, in either order, in hex and in base64. */
  void addText(String name, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    add(name + " in UTF-8", utf8);
    add(name + " in UTF-16LE", text.getBytes(StandardCharsets.UTF_16LE));
    add(name + " in UTF-16BE", text.getBytes(StandardCharsets.UTF_16BE));
    addSpellings(name, utf8);
  }

  /** Looks for a number too: as bytes in either order, as 32-bit words, in hex and in base64. */
  void addBytes(String name, byte[] bytes) {
    add(name + " in big-endian bytes", bytes);
    add(name + " in little-endian bytes", reversed(bytes, 1));
    add(name + " in big-endian words, the least first", reversed(bytes, Integer.BYTES));
    byte[] swapped = reversed(bytes, 1);
    add(name + " in little-endian words, the greatest first", reversed(swapped, Integer.BYTES));
    addSpellings(name, bytes);
  }

  private void addSpellings(String name, byte[] bytes) {
    String hex = HexFormat.of().formatHex(bytes);
    for (String spelling : List.of(hex, hex.toUpperCase(Locale.ROOT))) {
      add(name + " in hex", spelling.getBytes(StandardCharsets.US_ASCII));
      add(name + " in hex of two-byte characters", spelling.getBytes(StandardCharsets.UTF_16LE));
    }
    add(name + " in base64", Base64.getEncoder().withoutPadding().encode(bytes));
    add(name + " in base64url", Base64.getUrlEncoder().withoutPadding().encode(bytes));
  }

  /** Of whole units: a number that begins with zeros may have been stored without them. */
  private static byte[] reversed(byte[] bytes, int unit) {
    int missing = Math.floorMod(-bytes.length, unit);
    byte[] whole = new byte[missing + bytes.length];
    System.arraycopy(bytes, 0, whole, missing, bytes.length);
    byte[] reversed = new byte[whole.length];
    for (int at = 0; at < whole.length; at += unit) {
      System.arraycopy(whole, at, reversed, whole.length - at - unit, unit);
    }
    return reversed;
  }

  private void add(String name, byte[] bytes) {
    if (bytes.length < MIN_BYTES) {
      throw new IllegalArgumentException("a secret to search for must have at least 8 bytes");
    }
    if (Arrays.equals(bytes, 0, MIN_BYTES, ZEROS, 0, MIN_BYTES)) {
      throw new IllegalArgumentException("a secret to search for must not begin with 8 zeros");
    }
    patterns.add(new Pattern(name, bytes));
    filter[slot(word(bytes, 0))] = true;
    longest = Math.max(longest, bytes.length);
  }

  private static int word(byte[] bytes, int at) {
    int word = 0;
    for (int i = 0; i < PREFIX; i++) {
      word = word << 8 | (bytes[at + i] & 0xff);
    }
    return word;
  }

  private static int slot(int word) {
    return word * 0x9e3779b1 >>> Integer.SIZE - FILTER_BITS;
  }

  /** The names of what is found. */
  Set<String> in(byte[] bytes) {
    Set<String> found = new TreeSet<>();
    search(bytes, bytes.length, found);
    return found;
  }

  /** The names of what is found until the stream ends. */
  Set<String> in(InputStream in) throws IOException {
    Set<String> found = new TreeSet<>();
    byte[] window = new byte[CHUNK + longest];
    int held = 0;
    while (true) {
      int read = in.readNBytes(window, held, CHUNK);
      if (read == 0) {
        return found;
      }
      int length = held + read;
      search(window, length, found);
      // What begins in the last bytes may go on in the next.
      held = Math.min(length, longest - 1);
      System.arraycopy(window, length - held, window, 0, held);
    }
  }

  /** Most memory of a process is zeros: no secret begins in a block of them but in its last bytes. */
  private void search(byte[] bytes, int length, Set<String> found) {
    int at = 0;
    while (at + MIN_BYTES <= length) {
      int end = Math.min(at + ZEROS.length, length);
      if (end - at == ZEROS.length && Arrays.equals(bytes, at, end, ZEROS, 0, ZEROS.length)) {
        at = end - MIN_BYTES + 1;
      } else {
        searchFrom(at, end, bytes, length, found);
        at = end;
      }
    }
  }

  /** Looks for what begins at {@code from} or later, and before {@code to}. */
  private void searchFrom(int from, int to, byte[] bytes, int length, Set<String> found) {
    int last = Math.min(to, length - MIN_BYTES + 1);
    int word = word(bytes, from) >>> 8;
    for (int at = from; at < last; at++) {
      word = word << 8 | (bytes[at + PREFIX - 1] & 0xff);
      if (filter[slot(word)]) {
        for (Pattern pattern : patterns) {
          int end = at + pattern.bytes().length;
          if (end <= length
              && Arrays.equals(bytes, at, end, pattern.bytes(), 0, pattern.bytes().length)) {
            found.add(pattern.name());
          }
        }
      }
    }
  }
}
