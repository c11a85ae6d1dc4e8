// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Act;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a host asks for, and what becomes of it under the example policy. */
enum Asked implements Asking {
  PROGRAM("allow"),
  DEPLOYMENT("allow"),
  UNKNOWN_ACTION("deny scope_exceeded by known-action"),
  FOREIGN_WORKLOAD("deny policy_denied by document/permit"),
  UNCOUNTED("deny runtime_condition by one-gateway");

  private static final String GATEWAY = "gateway.writ.example";

  private final String verdict;

  Asked(String verdict) {
    this.verdict = verdict;
  }

  /** As {@code writ policy impact} writes it. */
  String verdict() {
    return verdict;
  }

  boolean isAllowed() {
    return verdict.equals("allow");
  }

  /** Hosts take turns, by their numbers. */
  static Asked of(int number) {
    return values()[number % values().length];
  }

  @Override
  public ExecutionRequest request(Target target, String host, Hash jkt) {
    Act act =
        new Act(
            this == UNKNOWN_ACTION ? "delete" : "exec",
            this == DEPLOYMENT ? "/usr/bin/deploy" : "/usr/bin/true",
            Hash.sha256(new byte[] {1}),
            Map.of(),
            this == UNCOUNTED ? Act.UNCOUNTED : 1);
    return new ExecutionRequest(
        target.issuer(),
        List.of(GATEWAY),
        target.tenant(),
        Target.workloadOf(this == FOREIGN_WORKLOAD ? "nobody" : host),
        act,
        Optional.empty(),
        jkt);
  }
}
