// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.OperationRecord;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The operators' door on keys and on what takes more than one operator. That somebody may ask here gives
 * him nothing: what counts are operators' signatures.
 */
final class KeyRoutes {
  private static final String OPERATIONS = "/v1/operations";
  private static final int MAX_TRUST = 384 * 1024;
  private static final long MAX_SECONDS = Duration.ofDays(30).toSeconds();
  private static final int HASH_CHARS = 64;

  private final WritService service;

  KeyRoutes(WritService service) {
    this.service = service;
  }

  void addTo(RouteTable table) {
    table
        .get("/v1/keys", "keys", target -> keys())
        .post("/v1/keys/steps", "keyStep", this::step)
        .get(OPERATIONS, "operations", target -> operations())
        .post("/v1/proposals", "propose", this::propose)
        .post("/v1/approvals", "approve", this::approve)
        .post("/v1/withdrawals", "withdraw", this::withdraw)
        .getUnder(OPERATIONS + "/", "operation", this::operation);
  }

  private CompletionStage<Reply> keys() {
    return answer(
        service.keyReport().keys(),
        rows -> Map.of("keys", rows.stream().map(KeyRoutes::row).toList()));
  }

  private static Map<String, Object> row(KeyReport.Row row) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("role", row.role());
    row.kid().ifPresent(kid -> map.put("kid", PublicRoutes.base64Url(kid.bytes())));
    row.names()
        .ifPresent(
            spec -> {
              map.put("algorithm", spec.algorithm().wire());
              map.put("label", spec.label());
              map.put("id", spec.idHex());
              map.put("generation", spec.generation());
            });
    map.put("in_token", row.names().isPresent());
    row.storage().ifPresent(storage -> map.put("storage", storage.wire()));
    row.replicated().ifPresent(is -> map.put("replicated", is));
    row.known()
        .ifPresent(
            known -> {
              map.put("state", known.state().wire());
              map.put("not_before", known.notBefore().getEpochSecond());
              map.put("not_after", known.notAfter().getEpochSecond());
              map.put("leaf_index", known.leafIndex());
            });
    return map;
  }

  private CompletionStage<Reply> operations() {
    return answer(
        service.keyReport().operations(),
        all -> Map.of("operations", all.stream().map(this::summary).toList()));
  }

  private CompletionStage<Reply> operation(RouteTable.Target target) throws MalformedRequest {
    Hash digest = hash(target.rest());
    return answer(
        service.keyReport().operation(digest),
        found -> {
          Map<String, Object> map = summary(found);
          map.putAll(documents(Proposal.decode(found.document())));
          return map;
        });
  }

  private Map<String, Object> summary(OperationRecord found) {
    Proposal proposal = Proposal.decode(found.document());
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("digest", found.digest());
    map.put("kind", proposal.operation().change().kind().wire());
    map.put("expires", found.expires().getEpochSecond());
    map.put("state", found.end().map(end -> end.name().toLowerCase(Locale.ROOT)).orElse("open"));
    map.put("threshold", service.keyReport().threshold());
    found.proposer().ifPresent(kid -> map.put("proposer", PublicRoutes.base64Url(kid.bytes())));
    map.put(
        "approvals",
        found.approvals().stream()
            .map(approval -> PublicRoutes.base64Url(approval.approver().bytes()))
            .toList());
    map.put("leaf_index", found.leafIndex());
    return map;
  }

  private static Map<String, Object> documents(Proposal proposal) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("operation", PublicRoutes.base64Url(proposal.operation().document()));
    proposal
        .trust()
        .ifPresent(file -> map.put("trust_file", PublicRoutes.base64Url(file.toJson())));
    return map;
  }

  private CompletionStage<Reply> propose(JsonMembers body) throws MalformedRequest {
    try {
      ChangeRequest request = request(body);
      Duration validity =
          Duration.ofSeconds(
              body.integer("valid_s", 1, Operation.longest(request.kind()).toSeconds()));
      Optional<Hash> proposer =
          body.has("proposer") ? Optional.of(body.thumbprint("proposer")) : Optional.empty();
      body.end();
      return service.dualControl().propose(request, validity, proposer).thenApply(KeyRoutes::told);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static ChangeRequest request(JsonMembers body)
      throws MalformedJsonException, MalformedRequest {
    return switch (body.oneOf("kind", OperationKind.values())) {
      case ROTATE_KEY ->
          new ChangeRequest.Rotate(
              body.oneOf("role", KeyRole.values()),
              Duration.ofSeconds(body.integer("lead_s", 0, MAX_SECONDS)));
      case COMPROMISE_KEY -> new ChangeRequest.Compromise(body.thumbprint("kid"), since(body));
      case DESTROY_KEY -> new ChangeRequest.Destroy(body.thumbprint("kid"));
      case ACCEPT_CLOCK -> new ChangeRequest.AcceptClock();
      case UNFREEZE -> new ChangeRequest.Unfreeze();
      case PUBLISH_TRUST ->
          new ChangeRequest.Publish(trustFile(body.base64UrlUpTo("trust_file", MAX_TRUST)));
    };
  }

  private static ChangeRequest.Since since(JsonMembers body) throws MalformedJsonException {
    if (body.has("from_index")) {
      return new ChangeRequest.Since.Leaf(body.integer("from_index", 0, (1L << 53) - 1));
    }
    return body.has("from_time")
        ? new ChangeRequest.Since.Time(body.seconds("from_time"))
        : new ChangeRequest.Since.Ever();
  }

  private static TrustFile trustFile(byte[] json) throws MalformedRequest {
    try {
      return TrustFile.parse(json);
    } catch (MalformedTrustFileException e) {
      throw new MalformedRequest(e);
    }
  }

  private CompletionStage<Reply> approve(JsonMembers body) throws MalformedRequest {
    try {
      byte[] approval = body.base64UrlUpTo("approval", OperationApproval.MAX_BYTES);
      body.end();
      return service.dualControl().approve(approval).thenApply(KeyRoutes::told);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private CompletionStage<Reply> withdraw(JsonMembers body) throws MalformedRequest {
    try {
      byte[] withdrawal = body.base64UrlUpTo("withdrawal", OperationWithdrawal.MAX_BYTES);
      body.end();
      return service.dualControl().withdraw(withdrawal).thenApply(KeyRoutes::told);
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Reply told(DualControl.Outcome outcome) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (outcome instanceof DualControl.Outcome.Drafted drafted) {
      map.put("state", "draft");
      map.put("digest", drafted.proposal().operation().digest());
      map.putAll(documents(drafted.proposal()));
    } else if (outcome instanceof DualControl.Outcome.Open open) {
      map.put("state", "open");
      map.put("digest", open.proposal().operation().digest());
      map.put("leaf_index", open.leafIndex());
      map.putAll(documents(open.proposal()));
    } else if (outcome instanceof DualControl.Outcome.Approved approved) {
      map.put("state", approved.state());
      map.put("digest", approved.operation());
      map.put("approvals", approved.approvals());
      map.put("threshold", approved.threshold());
      map.put("leaf_index", approved.leafIndex());
    } else if (outcome instanceof DualControl.Outcome.Withdrawn withdrawn) {
      map.put("state", "withdrawn");
      map.put("digest", withdrawn.operation());
      map.put("leaf_index", withdrawn.leafIndex());
    } else {
      return Denials.reply(((DualControl.Outcome.Denied) outcome).denial());
    }
    return PublicRoutes.given(201, Jcs.canonical(map));
  }

  private CompletionStage<Reply> step(JsonMembers body) throws MalformedRequest {
    try {
      Hash kid = body.thumbprint("kid");
      String step = body.text("step");
      body.end();
      List<String> steps = new ArrayList<>();
      for (KeySteps.Asked asked : KeySteps.Asked.values()) {
        String wire = asked.name().toLowerCase(Locale.ROOT);
        if (wire.equals(step)) {
          return answer(
              service.keyReport().step(kid, asked),
              stepped -> Map.of("kid", PublicRoutes.base64Url(stepped.bytes()), "step", wire));
        }
        steps.add(wire);
      }
      throw new MalformedRequest("field step: must be one of " + steps + ", was another");
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  private static Hash hash(String hex) throws MalformedRequest {
    try {
      if (hex.length() == HASH_CHARS) {
        return Hash.fromHex(hex);
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new MalformedRequest("an operation must be named by its digest, 64 hex digits, was not");
  }

  private interface Form<T> {
    Map<String, Object> of(T value);
  }

  private static <T> CompletionStage<Reply> answer(
      CompletionStage<KeyReport.Outcome<T>> asked, Form<T> form) {
    return asked.thenApply(
        outcome ->
            outcome instanceof KeyReport.Outcome.Given<T> given
                ? PublicRoutes.given(200, Jcs.canonical(form.of(given.value())))
                : Denials.reply(((KeyReport.Outcome.Denied<T>) outcome).denial()));
  }
}
