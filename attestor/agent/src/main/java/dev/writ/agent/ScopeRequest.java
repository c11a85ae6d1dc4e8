// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tlog.Hash;
import java.util.Base64;
import java.util.Map;

/** Of what all artifacts that stand are to be revoked, as the service's contract calls it. */
public final class ScopeRequest {
  private final Map<String, Object> scope;

  private ScopeRequest(String name, Object value) {
    this.scope = Map.of(name, value);
  }

  /** A host, by the name under which it is enrolled. */
  public static ScopeRequest host(String name) {
    return new ScopeRequest("host", name);
  }

  /** An issuer's key, by its RFC 7638 thumbprint. */
  public static ScopeRequest key(Hash kid) {
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(kid.bytes());
    return new ScopeRequest("issuer_key", text);
  }

  /** A policy epoch, in force or past. */
  public static ScopeRequest epoch(long epoch) {
    return new ScopeRequest("policy_epoch", epoch);
  }

  /** A workload, by its {@code sub}. */
  public static ScopeRequest workload(String sub) {
    return new ScopeRequest("workload", sub);
  }

  /** What leaves from one to before another decided for. */
  public static ScopeRequest range(long fromIndex, long beforeIndex) {
    return new ScopeRequest(
        "ledger_range", Map.of("from_index", fromIndex, "before_index", beforeIndex));
  }

  Map<String, Object> scope() {
    return scope;
  }
}
