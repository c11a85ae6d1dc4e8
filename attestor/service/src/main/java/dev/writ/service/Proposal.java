// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is put before operators.
 *
 * @param operation what is to be done
 * @param trust the trust file that comes with it, without signatures; present exactly where the operation
 *     names one
 */
public record Proposal(Operation operation, Optional<TrustFile> trust) {
  /** Longest form in which the ledger keeps one, in bytes: both in base64url. */
  private static final int MAX_BYTES = 600 * 1024;

  private static final int MAX_TRUST = 384 * 1024;

  /** The form in which the ledger keeps it. */
  byte[] encode() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("operation", PublicRoutes.base64Url(operation.document()));
    trust.ifPresent(file -> map.put("trust", PublicRoutes.base64Url(file.toJson())));
    return Jcs.canonical(map);
  }

  /** What {@link #encode} wrote. */
  static Proposal decode(byte[] bytes) {
    try {
      JsonMembers json = StrictJson.parse(bytes, MAX_BYTES);
      json.version();
      Operation operation = Operation.parse(json.base64UrlUpTo("operation", Operation.MAX_BYTES));
      Optional<TrustFile> trust =
          json.has("trust")
              ? Optional.of(TrustFile.parse(json.base64UrlUpTo("trust", MAX_TRUST)))
              : Optional.empty();
      json.end();
      return new Proposal(operation, trust);
    } catch (MalformedDocumentException e) {
      throw new IllegalStateException(
          "bug: the ledger keeps a proposal that was not written here", e);
    }
  }

  /** Its trust file with these signatures. */
  TrustFile signed(List<OperatorSignature> signatures) {
    return TrustFile.of(trust.orElseThrow().content(), signatures);
  }

  /** Enough of a thumbprint to tell one from another. */
  private static String shortened(Hash kid) {
    return PublicRoutes.base64Url(kid.bytes()).substring(0, 20);
  }

  private String by() {
    return operation.proposer().map(Proposal::shortened).orElse("service");
  }

  /** That of which the ledger has at most one open operation. */
  String subject() {
    return switch (operation.change().kind()) {
      case ROTATE_KEY, PUBLISH_TRUST -> "trust";
      case ACCEPT_CLOCK -> "clock";
      case UNFREEZE -> "freeze";
      // It must wait neither for a rotation that somebody is slow to approve, nor for what somebody
      // else proposed.
      case COMPROMISE_KEY ->
          "compromise/"
              + shortened(((Operation.CompromiseKey) operation.change()).kid())
              + "/"
              + by();
      case DESTROY_KEY ->
          "destroy/"
              + PublicRoutes.base64Url(((Operation.DestroyKey) operation.change()).kid().bytes());
    };
  }
}
