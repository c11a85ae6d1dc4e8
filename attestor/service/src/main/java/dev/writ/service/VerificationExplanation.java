// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedRedemptionException;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.Verification;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an artifact was shown for, and what came of it. Why it was issued its own decision says.
 *
 * @param index of the leaf
 * @param asked the question, where it was not erased
 * @param used how many uses of the artifact are taken by now
 */
record VerificationExplanation(long index, Leaf leaf, Optional<Asked> asked, OptionalLong used) {
  private static final String QUESTION = "question";

  /** What was asked. */
  private sealed interface Asked {
    /** Whether a use may be taken, by who signed for it. */
    record Use(RedemptionStatement statement) implements Asked {}

    /** What an enforcement point wanted to know, in canonical JSON. */
    record Question(String json) implements Asked {}
  }

  static VerificationExplanation read(Ledger ledger, long index, Leaf leaf) throws LedgerException {
    Verification verification = (Verification) leaf.body();
    Optional<byte[]> payload = ledger.payload(index);
    return new VerificationExplanation(
        index,
        leaf,
        payload.isPresent()
            ? Optional.of(asked(index, verification, payload.get()))
            : Optional.empty(),
        verification.jti().isPresent()
            ? OptionalLong.of(ledger.uses(verification.jti().get()))
            : OptionalLong.empty());
  }

  private static Asked asked(long index, Verification verification, byte[] payload) {
    try {
      JsonMembers members = StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES);
      if (members.has(QUESTION)) {
        return new Asked.Question(new String(members.canonical(QUESTION), StandardCharsets.UTF_8));
      }
      RedemptionStatement statement = RedemptionStatement.parse(Payload.statement(payload));
      if (!statement.asked().equals(verification.asked())) {
        throw KeptDecision.contradiction(index, "the question beside it is another than its own");
      }
      return new Asked.Use(statement);
    } catch (MalformedJsonException | MalformedRedemptionException e) {
      throw KeptDecision.contradiction(index, String.valueOf(e.getMessage()));
    }
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
    asked.ifPresent(question -> put(question, whole, json));
    return Jcs.canonical(json);
  }

  private static void put(Asked asked, boolean whole, Map<String, Object> json) {
    if (asked instanceof Asked.Use use) {
      json.put("reporter", use.statement().signer().reporter().wire());
      json.put("asked_at", use.statement().claims().at().toEpochMilli());
      json.put("action", use.statement().claims().action().action());
      if (whole) {
        json.put("resource", use.statement().claims().action().resource());
      }
    } else if (whole) {
      json.put("asked", ((Asked.Question) asked).json());
    }
  }
}
