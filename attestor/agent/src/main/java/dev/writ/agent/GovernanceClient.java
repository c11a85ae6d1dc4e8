// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.agent.JsonService.Document;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What an operator asks of the service beside it about break-glass and freezes. */
public final class GovernanceClient {
  private static final int OK = 200;
  private static final int CREATED = 201;
  private static final int MAX_ANSWER = 128 * 1024;
  private static final int MAX_USES = 100;
  private static final long MAX_EXACT = (1L << 53) - 1;

  private final JsonService service;

  GovernanceClient(JsonService service) {
    this.service = service;
  }

  /**
   * An order that the ledger has.
   *
   * @param event what it did
   * @param ends of a use: first moment at which the break-glass is over
   * @param reviewBy of a use: by when it is to be reviewed
   * @param revoked of a freeze and an end: how many artifacts of break-glasses are revoked that would not
   *     have ended yet
   */
  public record Taken(
      String event,
      long leafIndex,
      Optional<Instant> ends,
      Optional<Instant> reviewBy,
      OptionalLong revoked) {}

  /**
   * How it stands, by the service's word.
   *
   * @param mode {@code normal}, {@code breakglass} or {@code frozen}
   * @param frozenBy the leaf of the freeze in force, overridden or not
   * @param ends of the break-glass in force
   * @param uses the newest first
   */
  public record Standing(
      String mode, OptionalLong frozenBy, Optional<Instant> ends, List<Use> uses) {
    /** Copies the uses. */
    public Standing {
      uses = List.copyOf(uses);
    }
  }

  /**
   * A grant that was used.
   *
   * @param usedBy RFC 7638 thumbprint
   * @param overdue whether nobody reviewed it in time
   */
  public record Use(
      Hash grant,
      long leafIndex,
      Hash usedBy,
      Instant ends,
      Instant reviewBy,
      OptionalLong endedBy,
      OptionalLong reviewedBy,
      boolean overdue) {}

  /** Uses a grant. */
  public Answer<Taken> use(BreakglassGrant grant, GovernanceOrder order) throws IOException {
    return post(
        "/v1/breakglass",
        Map.of(
            "grant", JsonService.base64Url(grant.toJson()),
            "order", JsonService.base64Url(order.toJson())));
  }

  /** Freezes, or ends or reviews a break-glass. */
  public Answer<Taken> order(GovernanceOrder order) throws IOException {
    return post(
        order.kind() == GovernanceOrder.Kind.FREEZE ? "/v1/freeze" : "/v1/breakglass/orders",
        Map.of("order", JsonService.base64Url(order.toJson())));
  }

  private Answer<Taken> post(String path, Map<String, Object> body) throws IOException {
    return service.post(
        path,
        Jcs.canonical(body),
        Document.json(
            CREATED,
            MAX_ANSWER,
            members -> {
              String unused = members.text("of");
              return new Taken(
                  members.text("event"),
                  members.integer("leaf_index", 0, MAX_EXACT),
                  seconds(members, "ends"),
                  seconds(members, "review_by"),
                  index(members, "revoked"));
            }));
  }

  /** Asks how it stands. */
  public Answer<Standing> standing() throws IOException {
    return service.get(
        "/v1/governance",
        Document.json(
            OK,
            MAX_ANSWER,
            members -> {
              List<Use> uses = new ArrayList<>();
              for (JsonMembers each : members.objects("uses", MAX_USES)) {
                uses.add(use(each));
                each.end();
              }
              return new Standing(
                  members.text("mode"),
                  index(members, "frozen_by"),
                  seconds(members, "ends"),
                  uses);
            }));
  }

  private static Use use(JsonMembers members) throws MalformedJsonException {
    return new Use(
        members.hash("grant"),
        members.integer("leaf_index", 0, MAX_EXACT),
        members.thumbprint("used_by"),
        members.seconds("ends"),
        members.seconds("review_by"),
        index(members, "ended_by"),
        index(members, "reviewed_by"),
        members.flag("overdue"));
  }

  private static OptionalLong index(JsonMembers members, String name)
      throws MalformedJsonException {
    return members.has(name)
        ? OptionalLong.of(members.integer(name, 0, MAX_EXACT))
        : OptionalLong.empty();
  }

  private static Optional<Instant> seconds(JsonMembers members, String name)
      throws MalformedJsonException {
    return members.has(name) ? Optional.of(members.seconds(name)) : Optional.empty();
  }
}
