// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import dev.writ.artifact.Act;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Presentation;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What all hosts ask for, each for the workload that is its own.
 *
 * @param issuer the service's name
 * @param tenant on whose behalf it issues
 */
public record Target(String issuer, String tenant) {
  private static final String GATEWAY = "gateway.writ.example";
  private static final Act ACT =
      new Act("exec", "/usr/bin/true", Hash.sha256(new byte[] {1}), Map.of(), 1);

  static String workloadOf(String host) {
    return "spiffe://dev.example/" + host;
  }

  /**
   * What a host asks for.
   *
   * @param jkt thumbprint of its instance key
   */
  public ExecutionRequest request(String host, Hash jkt) {
    return new ExecutionRequest(
        issuer, List.of(GATEWAY), tenant, workloadOf(host), ACT, Optional.empty(), jkt);
  }

  /** The same, of as many uses, which the service counts. */
  ExecutionRequest requestJudged(String host, Hash jkt, int uses) {
    Act act = new Act(ACT.action(), ACT.resource(), ACT.argsDigest(), Map.of(), uses);
    return new ExecutionRequest(
        issuer, List.of(issuer), tenant, workloadOf(host), act, Optional.empty(), jkt);
  }

  /** What a gateway away from the host knows of the artifacts: all but the host's state. */
  Presentation presentation() {
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.Gateway(GATEWAY))
        .withTenant(tenant)
        .withAction(ActionAtHand.of(ACT))
        .withObligations(Set.of());
  }
}
