// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tpm.Pcr;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.PcrValue;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/** PCRs, and their values, as tpm2-tools write them on a command line. */
final class PcrNotation {
  /** The form of a list. */
  static final String LIST = "such as sha256:0,2,4,7 or sha256:0,7+sha384:4";

  /** The form of a list of values. */
  static final String VALUES = "such as sha256:4=HEX,7=HEX";

  private static final int MAX_CHARACTERS = 16 * 1024;

  private PcrNotation() {}

  /**
   * The PCRs of {@code text}, in order.
   *
   * @throws IllegalArgumentException if it is not as {@link #LIST} shows
   */
  static List<Pcr> list(String text) {
    TreeSet<Pcr> pcrs = new TreeSet<>();
    for (Word word : words(text)) {
      if (!pcrs.add(pcr(word, word.text()))) {
        throw new IllegalArgumentException("a PCR must be named once, and was twice: " + word);
      }
    }
    return List.copyOf(pcrs);
  }

  /**
   * The values of {@code text}, in the order of their PCRs.
   *
   * @throws IllegalArgumentException if it is not as {@link #VALUES} shows
   */
  static List<PcrValue> values(String text) {
    TreeMap<Pcr, PcrValue> values = new TreeMap<>();
    for (Word word : words(text)) {
      int equals = word.text().indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("a value must stand after the PCR, in hex: " + word);
      }
      Pcr pcr = pcr(word, word.text().substring(0, equals));
      byte[] value = HexFormat.of().parseHex(word.text().substring(equals + 1));
      if (values.put(pcr, new PcrValue(pcr, value)) != null) {
        throw new IllegalArgumentException("a PCR must be named once, and was twice: " + word);
      }
    }
    return List.copyOf(values.values());
  }

  /** What stands between commas, and the bank before them. */
  private record Word(PcrBank bank, String text) {
    @Override
    public String toString() {
      return bank.wire() + ":" + text;
    }
  }

  private static List<Word> words(String text) {
    if (text.length() > MAX_CHARACTERS) {
      throw new IllegalArgumentException("a list must be at most 16,384 characters, was longer");
    }
    List<Word> words = new ArrayList<>();
    for (String part : text.split("\\+", -1)) {
      int colon = part.indexOf(':');
      PcrBank bank =
          PcrBank.named(part.substring(0, Math.max(colon, 0)))
              .orElseThrow(
                  () -> new IllegalArgumentException("a bank must stand before its PCRs: " + part));
      for (String word : part.substring(colon + 1).split(",", -1)) {
        words.add(new Word(bank, word));
      }
    }
    return words;
  }

  private static Pcr pcr(Word word, String number) {
    if (!number.matches("0|[1-9][0-9]?")) {
      throw new IllegalArgumentException("a PCR must be a number from 0 to 23: " + word);
    }
    return new Pcr(word.bank(), Integer.parseInt(number));
  }
}
