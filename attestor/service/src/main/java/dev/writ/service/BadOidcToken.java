// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;

/** Why a token is not good; its message names claims and no value of one. */
final class BadOidcToken extends Exception {
  /** The reason of what has no form that a token may have. */
  static final String MALFORMED = "initiator_token_malformed";

  private static final long serialVersionUID = 1L;

  private final transient Denial denial;

  BadOidcToken(Denial denial) {
    super(denial.message());
    this.denial = denial;
  }

  BadOidcToken(DenialCode code, String reason, String message) {
    this(new Denial(code, reason, "the initiator's token " + message));
  }

  Denial denial() {
    return denial;
  }

  static BadOidcToken malformed(String reason, String message) {
    return new BadOidcToken(DenialCode.UNVERIFIABLE, reason, message);
  }

  static BadOidcToken malformed(String message) {
    return malformed(MALFORMED, message);
  }
}
