// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedGrantException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedOrderException;
import dev.writ.ledger.BreakglassUse;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.LedgerException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The operators' door for break-glass and freezes. */
final class GovernanceRoutes {
  private static final int MOST_SHOWN = 100;

  private final GovernanceOrders orders;
  private final Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads;

  /**
   * Routes.
   *
   * @param reads does work that reads and waits
   */
  GovernanceRoutes(
      GovernanceOrders orders, Function<WorkPool.Work<Reply>, CompletionStage<Reply>> reads) {
    this.orders = orders;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    table
        .get("/v1/governance", "governance", target -> reads.apply(this::standing))
        .post("/v1/breakglass", "useBreakglass", this::use)
        .post(
            "/v1/breakglass/orders",
            "breakglassOrder",
            body -> take(body, Set.of(Kind.END, Kind.REVIEW)))
        .post("/v1/freeze", "freeze", body -> take(body, Set.of(Kind.FREEZE)));
  }

  private CompletionStage<Reply> use(JsonMembers body) throws MalformedRequest {
    try {
      BreakglassGrant grant =
          BreakglassGrant.parse(body.base64UrlUpTo("grant", BreakglassGrant.MAX_BYTES));
      GovernanceOrder order = order(body);
      return orders.use(grant, order).thenApply(GovernanceRoutes::told);
    } catch (MalformedJsonException | MalformedGrantException | MalformedOrderException e) {
      throw new MalformedRequest(e);
    }
  }

  private CompletionStage<Reply> take(JsonMembers body, Set<Kind> kinds) throws MalformedRequest {
    try {
      GovernanceOrder order = order(body);
      if (!kinds.contains(order.kind())) {
        throw new MalformedRequest(
            "field order: must be of another kind here, was " + order.kind().wire());
      }
      return orders.order(order).thenApply(GovernanceRoutes::told);
    } catch (MalformedJsonException | MalformedOrderException e) {
      throw new MalformedRequest(e);
    }
  }

  private static GovernanceOrder order(JsonMembers body)
      throws MalformedJsonException, MalformedOrderException {
    GovernanceOrder order =
        GovernanceOrder.parse(body.base64UrlUpTo("order", GovernanceOrder.MAX_BYTES));
    body.end();
    return order;
  }

  private static Reply told(GovernanceOrders.Outcome outcome) {
    if (!(outcome instanceof GovernanceOrders.Outcome.Taken taken)) {
      return Denials.reply(((GovernanceOrders.Outcome.Denied) outcome).denial());
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("of", taken.step().of());
    map.put("event", taken.step().event());
    map.put("leaf_index", taken.leafIndex());
    if (taken.step() instanceof GovernanceStep.Begun begun) {
      map.put("ends", begun.ends().getEpochSecond());
      map.put("review_by", begun.reviewBy().getEpochSecond());
    }
    put(map, "revoked", taken.revoked());
    return PublicRoutes.given(201, Jcs.canonical(map));
  }

  private Reply standing() throws LedgerException {
    GovernanceOrders.Standing standing = orders.standing();
    ModeInForce mode = standing.mode();
    Instant now = orders.now();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mode", mode.at(now).name().toLowerCase(Locale.ROOT));
    mode.state().frozenBy().ifPresent(index -> map.put("frozen_by", index));
    mode.running(now)
        .map(GovernanceMode.Breakglass::ends)
        .ifPresent(ends -> map.put("ends", seconds(ends)));
    map.put("uses", standing.uses().stream().limit(MOST_SHOWN).map(use -> row(use, now)).toList());
    byte[] json = Jcs.canonical(map);
    return PublicRoutes.given(200, json);
  }

  private static Map<String, Object> row(BreakglassUse use, Instant now) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("grant", use.grant());
    map.put("leaf_index", use.leafIndex());
    map.put("used_by", PublicRoutes.base64Url(use.usedBy().bytes()));
    map.put("ends", seconds(use.ends()));
    map.put("review_by", seconds(use.reviewBy()));
    put(map, "ended_by", use.endedBy());
    put(map, "reviewed_by", use.reviewedBy());
    map.put("overdue", use.isOverdue(now));
    return map;
  }

  private static void put(Map<String, Object> map, String name, OptionalLong index) {
    index.ifPresent(value -> map.put(name, value));
  }

  private static long seconds(Instant time) {
    return time.getEpochSecond();
  }
}
