// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.util.List;

/** 70 to 77: IMA measurement lists. */
final class ImaCases {
  private ImaCases() {}

  static List<NegativeCase> cases() {
    return List.of(
        notBuilt(70, "template hash mismatch"),
        notBuilt(71, "violation record"),
        notBuilt(72, "truncated last line"),
        notBuilt(73, "path with spaces, newlines or NUL"),
        notBuilt(74, "boot_aggregate other than the quoted PCRs'"),
        notBuilt(75, "list of SHA-1 templates with a SHA-256 bank"),
        notBuilt(76, "accept: list longer than PCR 10, up to the match point"),
        notBuilt(77, "keyring added after use"));
  }

  private static NegativeCase notBuilt(int number, String title) {
    return NegativeCase.notBuilt(number, Level.VERIFIER, title);
  }
}
