// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.EndorsementTrust;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.service.AdmittedHosts;
import dev.writ.service.IssuerKeys;
import dev.writ.service.ServiceIdentity;
import dev.writ.service.WritService;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What an operator decides before the demo's service starts: hosts, TPM makers, policy. */
final class DemoSetup {
  private static final String POLICY = "/dev-policy.json";

  private final ServiceIdentity identity;
  private final Clock clock;
  private final SecureRandom random;

  DemoSetup(ServiceIdentity identity, Clock clock, SecureRandom random) {
    this.identity = identity;
    this.clock = clock;
    this.random = random;
  }

  WritService start(IssuerKeys keys, Path ledger, EndorsementAuthority maker, List<DemoHost> hosts)
      throws Exception {
    Map<Hash, String> admitted = new HashMap<>();
    for (DemoHost host : hosts) {
      for (Hash digest : host.endorsementKeyDigests()) {
        admitted.put(digest, host.name());
      }
    }
    return WritService.start(
        new WritService.Setup(
            identity,
            keys,
            ledger,
            Policy.compile(policy()),
            new EndorsementTrust(List.of(maker.root()), List.of(maker.issuing()), List.of()),
            new AdmittedHosts(admitted),
            Signature.getInstance("SHA256withECDSA").getProvider(),
            clock,
            random));
  }

  /** The example policy, with the reference values of the demo's boot log. */
  private static PolicyDocument policy() throws IOException, MalformedPolicyException {
    try (InputStream in = DemoSetup.class.getResourceAsStream(POLICY)) {
      if (in == null) {
        throw new IllegalStateException("bug: the jar must hold " + POLICY + ", and does not");
      }
      PolicyRevision revision = PolicyDocument.parse(in.readAllBytes()).revise();
      revision.referenceSets(
          List.of(
              BootLog.DEMO.expectedOn(
                  "measured-boot", "Firmware, Secure Boot and kernel of the demo's hosts.", "*")));
      return revision.build();
    }
  }
}
