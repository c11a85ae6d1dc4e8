// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedScope;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/** What operators ask of revocations by scope. */
final class ScopeRoutes {
  private static final long MAX_EXACT = (1L << 53) - 1;
  private static final String SPIFFE = "spiffe://";
  private static final int MAX_SUB = 512;

  private final ScopeRevocations revocations;

  ScopeRoutes(ScopeRevocations revocations) {
    this.revocations = revocations;
  }

  void addTo(RouteTable table) {
    table
        .post("/v1/scope-revocations", "revokeScope", this::revoke)
        .post("/v1/scope-counts", "countScope", this::count);
  }

  private CompletionStage<Reply> revoke(JsonMembers body) throws MalformedRequest {
    RevocationTarget target;
    RevocationReason reason;
    OptionalLong most;
    try {
      target = target(body);
      reason = body.oneOf("reason", RevocationReason.said().toArray(RevocationReason[]::new));
      most =
          body.has("most")
              ? OptionalLong.of(body.integer("most", 0, MAX_EXACT))
              : OptionalLong.empty();
      body.end();
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
    return revocations.revoke(target, reason, most).thenApply(ScopeRoutes::reply);
  }

  private CompletionStage<Reply> count(JsonMembers body) throws MalformedRequest {
    RevocationTarget target;
    try {
      target = target(body);
      body.end();
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
    return revocations.count(target).thenApply(ScopeRoutes::reply);
  }

  private static RevocationTarget target(JsonMembers body)
      throws MalformedJsonException, MalformedRequest {
    JsonMembers scope = body.object("scope");
    RevocationTarget target = only(scope);
    scope.end();
    return target;
  }

  private static RevocationTarget only(JsonMembers scope)
      throws MalformedJsonException, MalformedRequest {
    if (scope.has("host")) {
      return new RevocationTarget.OfHost(RequestReader.hostName(scope));
    } else if (scope.has("issuer_key")) {
      return new RevocationTarget.OfKey(scope.thumbprint("issuer_key"));
    } else if (scope.has("policy_epoch")) {
      return new RevocationTarget.OfEpoch(scope.integer("policy_epoch", 1, MAX_EXACT - 1));
    } else if (scope.has("workload")) {
      String sub = scope.text("workload");
      if (!sub.startsWith(SPIFFE) || sub.length() > MAX_SUB) {
        throw new MalformedRequest(
            "JSON, field workload: must be a SPIFFE ID of at most 512 characters, was not");
      }
      return new RevocationTarget.OfWorkload(sub);
    } else if (scope.has("ledger_range")) {
      JsonMembers places = scope.object("ledger_range");
      RevocationTarget range =
          new RevocationTarget.OfRange(
              places.integer("from_index", 0, MAX_EXACT),
              places.integer("before_index", 0, MAX_EXACT));
      places.end();
      return range;
    }
    throw new MalformedRequest(
        "JSON, field scope: must have host, issuer_key, policy_epoch, workload or ledger_range, had"
            + " none of them");
  }

  private static Reply reply(ScopeOutcome outcome) {
    if (outcome instanceof ScopeOutcome.Counted counted) {
      return PublicRoutes.given(200, Jcs.canonical(map(counted.scope(), counted.artifacts())));
    } else if (outcome instanceof ScopeOutcome.Revoked revoked) {
      Map<String, Object> map = map(revoked.scope(), revoked.artifacts());
      map.put("leaf_index", revoked.leafIndex());
      map.put("time", revoked.time().toEpochMilli());
      return PublicRoutes.given(201, Jcs.canonical(map));
    }
    return Denials.reply(((ScopeOutcome.Denied) outcome).denial());
  }

  /** By places where it goes by them; who asked knows the rest. */
  private static Map<String, Object> map(RevokedScope scope, long artifacts) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scope", scope.wire());
    scope
        .byPlaces()
        .ifPresent(
            places -> {
              map.put("from_index", places.fromIndex());
              map.put("before_index", places.beforeIndex());
            });
    map.put("artifacts", artifacts);
    return map;
  }
}
