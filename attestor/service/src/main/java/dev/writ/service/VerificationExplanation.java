// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedRedemptionException;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.Verification;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What was answered to whoever wanted to use an artifact that the service judges.
 *
 * @param index of the leaf
 * @param asked the question, where it was not erased
 * @param used how many uses of the artifact are taken by now
 */
record VerificationExplanation(
    long index, Leaf leaf, Optional<RedemptionStatement> asked, OptionalLong used) {
  static VerificationExplanation read(Ledger ledger, long index, Leaf leaf) throws LedgerException {
    Verification verification = (Verification) leaf.body();
    Optional<byte[]> payload = ledger.payload(index);
    Optional<RedemptionStatement> asked = Optional.empty();
    if (payload.isPresent()) {
      try {
        asked = Optional.of(RedemptionStatement.parse(Payload.statement(payload.get())));
      } catch (MalformedJsonException | MalformedRedemptionException e) {
        throw KeptDecision.contradiction(index, String.valueOf(e.getMessage()));
      }
      if (!asked.get().asked().equals(verification.asked())) {
        throw KeptDecision.contradiction(index, "the question beside it is another than its own");
      }
    }
    return new VerificationExplanation(
        index,
        leaf,
        asked,
        verification.jti().isPresent()
            ? OptionalLong.of(ledger.uses(verification.jti().get()))
            : OptionalLong.empty());
  }

  /**
   * The explanation.
   *
   * @param whole whether whoever asks may read what was asked for
   */
  byte[] toJson(boolean whole) {
    Verification verification = (Verification) leaf.body();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("v", 1);
    json.put("decision_id", leaf.id().toString());
    json.put("leaf_index", index);
    json.put("time", leaf.time().toEpochMilli());
    json.put("kind", leaf.kind().wire());
    json.put("verifier", verification.verifier().wire());
    json.put("verdict", verification.code().isEmpty() ? "allow" : "deny");
    verification.code().ifPresent(code -> json.put("code", code.wire()));
    verification.reason().ifPresent(reason -> json.put("reason", reason));
    verification.jti().ifPresent(jti -> json.put("jti", jti.toString()));
    verification.maxUses().ifPresent(uses -> json.put("max_uses", uses));
    used.ifPresent(uses -> json.put("used", uses));
    verification
        .askedBy()
        .ifPresent(kid -> json.put("asked_by", PublicRoutes.base64Url(kid.bytes())));
    json.put("erased", asked.isEmpty());
    asked.ifPresent(
        statement -> {
          json.put("reporter", statement.signer().reporter().wire());
          json.put("asked_at", statement.claims().at().toEpochMilli());
          json.put("action", statement.claims().action().action());
          if (whole) {
            json.put("resource", statement.claims().action().resource());
          }
        });
    return Jcs.canonical(json);
  }
}
