// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an operator asks of a service about operations: what takes more than one person. */
public final class OperationClient {
  private static final int OK = 200;
  private static final int CREATED = 201;

  /** An operation, and its trust file in base64url. */
  private static final int MAX_ANSWER = 600 * 1024;

  private static final int MAX_OPERATIONS = 256;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  OperationClient(JsonService service) {
    this.service = service;
  }

  /**
   * What became of a proposal.
   *
   * @param draft whether the proposer has to sign it before anybody can approve it
   * @param digest by which name the service has it
   * @param documents what there is to sign
   * @param leafIndex where the ledger has it; absent of a draft
   */
  public record Proposed(
      boolean draft, Hash digest, OperationDocuments documents, Optional<Long> leafIndex) {}

  /**
   * An operation, with what there is to sign.
   *
   * @param listed where it is
   */
  public record Shown(ListedOperation listed, OperationDocuments documents) {}

  /**
   * An approval that counts, or a proposer's signature.
   *
   * @param operation {@link dev.writ.artifact.Operation#digest}
   * @param state {@code open}, or how it ended
   * @param approvals how many there are; none where the proposer signed
   * @param threshold how many it takes; absent where the proposer signed
   * @param leafIndex where the ledger says so
   */
  public record Approved(
      Hash operation, String state, long approvals, Optional<Long> threshold, long leafIndex) {}

  /**
   * An operation that was taken back.
   *
   * @param operation {@link dev.writ.artifact.Operation#digest}
   * @param leafIndex where the ledger says so
   */
  public record Withdrawn(Hash operation, long leafIndex) {}

  /** Asks for the newest operations, the newest first. */
  public Answer<List<ListedOperation>> list() throws IOException {
    return service.get(
        "/v1/operations",
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<ListedOperation> operations = new ArrayList<>();
              for (JsonMembers each : members.objects("operations", MAX_OPERATIONS)) {
                operations.add(ListedOperation.take(each));
                each.end();
              }
              return List.copyOf(operations);
            }));
  }

  /**
   * Asks for one operation. That it is the one asked for is the caller's to find.
   *
   * @param digest its name
   */
  public Answer<Shown> show(Hash digest) throws IOException {
    return service.get(
        "/v1/operations/" + digest.hex(),
        Document.json(
            OK,
            MAX_ANSWER,
            members -> new Shown(ListedOperation.take(members), OperationDocuments.take(members))));
  }

  /**
   * Asks for an operation to be put before operators.
   *
   * @param valid how long it can be approved; whole seconds
   * @param proposer RFC 7638 thumbprint of the operator who will sign the draft; where it is absent, it
   *     is the service's own proposal, which takes a dev trust file
   */
  public Answer<Proposed> propose(ProposedChange change, Duration valid, Optional<Hash> proposer)
      throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("kind", change.kind().wire());
    change.addTo(body);
    body.put("valid_s", valid.toSeconds());
    proposer.ifPresent(kid -> body.put("proposer", JsonService.base64Url(kid.bytes())));
    return service.post(
        "/v1/proposals",
        Jcs.canonical(body),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members -> {
              boolean draft = members.text("state").equals("draft");
              return new Proposed(
                  draft,
                  members.hash("digest"),
                  OperationDocuments.take(members),
                  draft
                      ? Optional.empty()
                      : Optional.of(members.integer("leaf_index", 0, MAX_EXACT)));
            }));
  }

  /** Hands in an operator's approval; of a draft, its proposer's signature. */
  public Answer<Approved> approve(OperationApproval approval) throws IOException {
    return service.post(
        "/v1/approvals",
        Jcs.canonical(Map.of("approval", JsonService.base64Url(approval.toJson()))),
        Document.json(CREATED, MAX_ANSWER, OperationClient::approved));
  }

  /** Hands in the word of an operation's proposer that it is not to be done. */
  public Answer<Withdrawn> withdraw(OperationWithdrawal withdrawal) throws IOException {
    return service.post(
        "/v1/withdrawals",
        Jcs.canonical(Map.of("withdrawal", JsonService.base64Url(withdrawal.toJson()))),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members -> {
              members.constant("state", "withdrawn");
              return new Withdrawn(
                  members.hash("digest"), members.integer("leaf_index", 0, MAX_EXACT));
            }));
  }

  /** What opens a draft is shown once more, as it was proposed. */
  private static Approved approved(JsonMembers members) throws MalformedDocumentException {
    boolean counted = members.has("approvals");
    if (!counted) {
      var unused = OperationDocuments.take(members);
    }
    return new Approved(
        members.hash("digest"),
        members.text("state"),
        counted ? members.integer("approvals", 0, MAX_EXACT) : 0,
        counted ? Optional.of(members.integer("threshold", 1, MAX_EXACT)) : Optional.empty(),
        members.integer("leaf_index", 0, MAX_EXACT));
  }
}
