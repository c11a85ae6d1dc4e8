// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.ledger.KeptPayload;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** What operators ask of payloads; it names people and hosts, and no other door gives it. */
final class PayloadRoutes {
  private static final int MAX_NAME = 36;

  private final LeafPayloads payloads;
  private final Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads;

  /**
   * Routes.
   *
   * @param reads does work that reads and waits
   */
  PayloadRoutes(
      LeafPayloads payloads, Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads) {
    this.payloads = payloads;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    table
        .getUnder("/v1/payloads/", "payload", this::read)
        .post("/v1/payload-erasures", "erasePayload", this::erase);
  }

  private CompletionStage<Reply> read(RouteTable.Target target) throws MalformedRequest {
    LeafName name = RequestReader.leafName(target.rest());
    return reads.apply(() -> reply(payloads.read(name)));
  }

  private CompletionStage<Reply> erase(JsonMembers body) throws MalformedRequest {
    LeafName name = RequestReader.leafName(RequestReader.only(body, "leaf", MAX_NAME));
    return reads.apply(() -> reply(payloads.erase(name)));
  }

  private static Reply reply(LeafPayloads.Outcome outcome) {
    if (outcome instanceof LeafPayloads.Outcome.Shown shown) {
      byte[] json = json(shown);
      return PublicRoutes.given(200, json);
    } else if (outcome instanceof LeafPayloads.Outcome.Erased erased) {
      return PublicRoutes.given(
          200,
          PublicRoutes.json(
              "leaf_index", erased.index(),
              "id", erased.leaf().id().toString(),
              "kind", erased.leaf().kind().wire()));
    } else if (outcome instanceof LeafPayloads.Outcome.MustStay stays) {
      return refused(
          Problem.http(
              409,
              "It must stay",
              "payload_must_stay",
              "what is erased must not be a policy, and the payload of leaf "
                  + stays.index()
                  + " is one: no decision under it could be made again"));
    } else if (outcome instanceof LeafPayloads.Outcome.Nothing nothing) {
      return refused(
          Problem.gone(
              nothing.named() ? "payload_erased" : "payload_absent",
              nothing.named()
                  ? "a payload must lie beside leaf " + nothing.index() + ", and was erased"
                  : "a payload must lie beside leaf "
                      + nothing.index()
                      + ", and none does: the leaf names none"));
    }
    return refused(
        Problem.notFound(
            "a leaf must have this index, id or jti, and none has; an id from before the clock was set"
                + " is found by its leaf's index alone"));
  }

  private static Reply refused(Problem problem) {
    return new Reply.Refused(problem, Optional.empty());
  }

  private static byte[] json(LeafPayloads.Outcome.Shown shown) {
    KeptPayload payload = shown.payload();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("leaf_index", payload.leafIndex());
    map.put("leaf", PublicRoutes.base64Url(payload.leaf().bytes()));
    map.put("payload", PublicRoutes.base64Url(payload.bytes()));
    map.put("kept", payload.retention().name().toLowerCase(Locale.ROOT));
    shown.proof().ifPresent(proof -> map.put("proof", proof.format()));
    return Jcs.canonical(map);
  }
}
