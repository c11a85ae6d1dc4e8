// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What an operator asks of a service about its keys, and of what they signed. */
public final class KeyClient {
  private static final int OK = 200;
  private static final int MAX_ANSWER = 600 * 1024;
  private static final int MAX_KEYS = 512;

  private final JsonService service;

  KeyClient(JsonService service) {
    this.service = service;
  }

  /** A step of a key that need not wait for its time. */
  public enum KeyStep {
    /** It signs. */
    ACTIVATE("activate"),
    /** It signs nothing more. */
    RETIRE("retire");

    private final String wire;

    KeyStep(String wire) {
      this.wire = wire;
    }

    /** How requests and commands spell it. */
    public String wire() {
      return wire;
    }
  }

  /** Asks for all keys, by role, the oldest first. */
  public Answer<List<ListedKey>> list() throws IOException {
    return service.get(
        "/v1/keys",
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<ListedKey> keys = new ArrayList<>();
              for (JsonMembers key : members.objects("keys", MAX_KEYS)) {
                keys.add(ListedKey.take(key));
              }
              return List.copyOf(keys);
            }));
  }

  /** Asks what the token signed, beside what the service has to show for it. */
  public Answer<SignatureAccounts> signatures() throws IOException {
    return service.get("/v1/signatures", Document.json(OK, MAX_ANSWER, SignatureAccounts::take));
  }

  /** Asks for the newest start that the service's TPM vouched for. */
  public Answer<AnchoredStart> start() throws IOException {
    return service.get("/v1/start", Document.json(OK, MAX_ANSWER, AnchoredStart::take));
  }

  /**
   * Has a key take a step before its time brings it.
   *
   * @param kid RFC 7638 thumbprint
   * @return the key
   */
  public Answer<Hash> step(Hash kid, KeyStep step) throws IOException {
    return service.post(
        "/v1/keys/steps",
        Jcs.canonical(Map.of("kid", JsonService.base64Url(kid.bytes()), "step", step.wire())),
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              members.constant("step", step.wire());
              return members.thumbprint("kid");
            }));
  }
}
