// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.PolicyReference;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What an operator asks of the service beside it about policies. */
public final class PolicyClient {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int MAX_ANSWER = 64 * 1024;
  private static final int MAX_LISTED = 100;

  /** An envelope, in base64url, and who signed it. */
  private static final int MAX_SHOWN = PolicyEnvelope.MAX_BYTES / 3 * 4 + MAX_ANSWER;

  private static final int MAX_SIGNERS = 64;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  PolicyClient(JsonService service) {
    this.service = service;
  }

  /**
   * A policy that was put in force.
   *
   * @param endsEarlier whether artifacts of earlier epochs ended with it
   * @param leafIndex where the ledger says so
   */
  public record Published(PolicyReference policy, boolean endsEarlier, long leafIndex) {}

  /**
   * A policy, with what was signed.
   *
   * @param author who wrote it
   * @param signers RFC 7638 thumbprints of those whose signatures hold, by the service's word
   * @param policy the envelope as it came, or where nobody signed it the document
   */
  public record Shown(ListedPolicy listed, String author, List<Hash> signers, byte[] policy) {
    /** Copies the bytes. */
    public Shown {
      signers = List.copyOf(signers);
      policy = policy.clone();
    }

    @Override
    public byte[] policy() {
      return policy.clone();
    }
  }

  /** Has a policy put in force. */
  public Answer<Published> publish(PolicyEnvelope envelope) throws IOException {
    return service.post(
        "/v1/policies",
        envelope.toJson(),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members ->
                new Published(
                    ListedPolicy.reference(members),
                    members.flag("ends_earlier_artifacts"),
                    members.integer("leaf_index", 0, MAX_EXACT))));
  }

  /** Asks for the newest policies, the newest first. */
  public Answer<List<ListedPolicy>> newest() throws IOException {
    return service.get(
        "/v1/policy-epochs",
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<ListedPolicy> policies = new ArrayList<>();
              for (JsonMembers each : members.objects("policies", MAX_LISTED)) {
                policies.add(ListedPolicy.take(each));
                each.end();
              }
              return List.copyOf(policies);
            }));
  }

  /** Asks for the policy of an epoch. That it is the one that its leaf names is the caller's to find. */
  public Answer<Shown> shown(long epoch) throws IOException {
    return service.get(
        "/v1/policy-epochs/" + epoch,
        Document.json(
            OK,
            MAX_SHOWN,
            members -> {
              List<Hash> signers = new ArrayList<>();
              for (String kid : members.texts("signers", MAX_SIGNERS)) {
                signers.add(Hash.of(JsonService.base64Url("signers", kid)));
              }
              boolean unused = members.flag("signed");
              return new Shown(
                  ListedPolicy.take(members),
                  members.text("author"),
                  signers,
                  JsonService.base64Url(members, "policy"));
            }));
  }
}
