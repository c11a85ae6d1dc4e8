// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.Optional;

/** As what a trust file names the key of somebody who approves a request. */
public enum ApproverRole implements Wire {
  /** Among its operators. */
  OPERATOR("operator"),
  /** Among its policy approvers. */
  POLICY_APPROVER("policy_approver");

  private final String wire;

  ApproverRole(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** A key that may approve requests, in its one place. */
  record Named(VerificationKey key, ApproverRole role) {}

  /** As what {@code trust} names the key of this thumbprint; empty where it names it as neither. */
  public static Optional<ApproverRole> of(TrustContent trust, Hash kid) {
    return named(trust, kid).map(Named::role);
  }

  /** The same of a thumbprint in base64url; nothing else is named so. */
  public static Optional<ApproverRole> ofThumbprint(TrustContent trust, String thumbprint) {
    byte[] bytes = Base64Url.decode(thumbprint);
    return bytes != null && bytes.length == Hash.BYTES
        ? of(trust, Hash.of(bytes))
        : Optional.empty();
  }

  static Optional<Named> named(TrustContent trust, Hash kid) {
    return trust
        .operators()
        .key(kid)
        .map(key -> new Named(key, OPERATOR))
        .or(
            () ->
                trust
                    .policyApprovers()
                    .flatMap(quorum -> quorum.key(kid))
                    .map(key -> new Named(key, POLICY_APPROVER)));
  }
}
