// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.ledger.LedgerException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The operators' door on policies. That somebody may ask here puts nothing in force: what counts are
 * approvers' signatures.
 */
final class PolicyRoutes {
  private static final String EPOCHS = "/v1/policy-epochs";

  private final WritService service;
  private final Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads;

  /**
   * Routes.
   *
   * @param reads does work that reads and waits
   */
  PolicyRoutes(WritService service, Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads) {
    this.service = service;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    table
        .postDocument("/v1/policies", "publishPolicy", this::publish)
        .get(EPOCHS, "policyEpochs", target -> reads.apply(this::list))
        .getUnder(EPOCHS + "/", "policyEpoch", this::show);
  }

  private CompletionStage<Reply> publish(byte[] received) throws MalformedRequest {
    PolicyEnvelope envelope;
    try {
      envelope = PolicyEnvelope.parse(received);
    } catch (MalformedEnvelopeException e) {
      throw new MalformedRequest(e);
    }
    return service.publications().publish(envelope).thenApply(PolicyRoutes::published);
  }

  private static Reply published(PolicyPublications.Outcome outcome) {
    if (outcome instanceof PolicyPublications.Outcome.Published published) {
      return PublicRoutes.given(
          201,
          PublicRoutes.json(
              "id", published.policy().id(),
              "version", published.policy().version(),
              "digest", published.policy().digest().hex(),
              "epoch", published.policy().epoch(),
              "ends_earlier_artifacts", published.endsEarlier(),
              "leaf_index", published.leafIndex()));
    }
    return Denials.reply(((PolicyPublications.Outcome.Denied) outcome).denial());
  }

  private Reply list() throws LedgerException {
    List<Map<String, Object>> rows =
        service.policyReport().newest().stream().map(PolicyRoutes::row).toList();
    byte[] json = Jcs.canonical(Map.of("policies", rows));
    return PublicRoutes.given(200, json);
  }

  private CompletionStage<Reply> show(RouteTable.Target target) throws MalformedRequest {
    long epoch = target.index("a policy's epoch");
    return reads.apply(
        () -> {
          Optional<PolicyReport.Shown> shown = service.policyReport().shown(epoch);
          if (shown.isEmpty()) {
            return new Reply.Refused(
                Problem.notFound("a policy must have this epoch, and none has"), Optional.empty());
          }
          byte[] json = json(shown.get());
          return PublicRoutes.given(200, json);
        });
  }

  private static Map<String, Object> row(PolicyReport.Row row) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("epoch", row.epoch().epoch());
    map.put("min_epoch", row.epoch().minEpoch());
    map.put("id", row.policy().id());
    map.put("version", row.policy().version());
    map.put("digest", row.policy().digest());
    map.put("time", row.began().toEpochMilli());
    map.put("leaf_index", row.epoch().leafIndex());
    return map;
  }

  private static byte[] json(PolicyReport.Shown shown) {
    Map<String, Object> map = row(shown.row());
    map.put("author", shown.file().document().author());
    map.put("signed", shown.file().envelope().isPresent());
    map.put(
        "signers",
        shown.signers().stream().map(kid -> PublicRoutes.base64Url(kid.bytes())).toList());
    map.put("policy", PublicRoutes.base64Url(shown.file().kept()));
    return Jcs.canonical(map);
  }
}
