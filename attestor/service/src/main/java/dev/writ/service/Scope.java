// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import java.util.Optional;

/** What a service decides upon at all: requests to its issuer, for its tenant. */
final class Scope {
  /** The reason of {@link #judgeAsBefore}. */
  static final String NOT_ACCEPTED = "parent_not_accepted";

  private Scope() {}

  /** Why a request is beyond it; empty if it is not. */
  static Optional<Denial> judge(ServiceIdentity identity, ExecutionRequest request) {
    if (!request.iss().equals(identity.issuer())) {
      return Optional.of(
          new Denial(
              DenialCode.SCOPE_EXCEEDED,
              "issuer_mismatch",
              "iss must be " + identity.issuer() + ", was " + request.iss()));
    }
    if (!request.tenant().equals(identity.tenant())) {
      return Optional.of(
          new Denial(
              DenialCode.SCOPE_EXCEEDED,
              "tenant_mismatch",
              "tenant must be " + identity.tenant() + ", was " + request.tenant()));
    }
    return Optional.empty();
  }

  /** How versions that let nobody ask under another artifact denied such a request. */
  static Optional<Denial> judgeAsBefore(ServiceIdentity identity, ExecutionRequest request) {
    return judge(identity, request)
        .or(
            () ->
                request.parent().isPresent()
                    ? Optional.of(
                        new Denial(
                            DenialCode.AUTHORIZATION_DISCONTINUITY,
                            NOT_ACCEPTED,
                            "this service narrows no artifact for a child: ask for one without a"
                                + " parent"))
                    : Optional.empty());
  }
}
