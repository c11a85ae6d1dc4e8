// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random trees of artifacts, of which random members are revoked: nothing below them verifies anywhere or has
 * children, and everything else does as before.
 */
final class DelegationTreeTest extends DelegatingHosts {
  private static final int NODES = 60;
  private static final int REVOKED_EACH = 15;
  private static final int DEPTH = 8;

  /** Of how many that fell a child is asked for each time. */
  private static final int ASKED = 4;

  /** An artifact, whoever holds it, and the place of its parent. */
  private record Node(ProofBundle bundle, Artifact artifact, boolean first, OptionalInt parent) {}

  private final List<Node> nodes = new ArrayList<>();
  private final Set<Integer> fallen = new HashSet<>();

  DelegationTreeTest() {
    super(DEPTH);
  }

  private static Act act() {
    return new Act(
        "exec",
        "/usr/bin/true",
        Hash.sha256(new byte[] {1}),
        Map.of(),
        1,
        Optional.of(
            new Delegable(
                List.of("exec"), List.of("/usr/bin"), List.of(Deployment.GATEWAY), Act.UNCOUNTED)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 20_261_130})
  void descendants_ofWhatIsRevoked_verifyNowhere_andAllElseDoes(long seed) throws Exception {
    Random random = new Random(seed);
    while (nodes.size() < NODES) {
      grow(random);
      if (nodes.size() % REVOKED_EACH == 0) {
        revoke(random.nextInt(nodes.size()));
        judgeAll(random);
      }
    }
    assertThat(fallen).isNotEmpty().hasSizeLessThan(NODES);
    assertThat(fallen).anyMatch(at -> nodes.get(at).artifact().claims().lineage().depth() > 1);
  }

  private void grow(Random random) throws Exception {
    boolean first = random.nextBoolean();
    if (nodes.isEmpty() || random.nextInt(12) == 0) {
      IssuanceOutcome root =
          deployment.issue(
              holder(first)
                  .answer(
                      deployment.challenge(holder(first)),
                      request(holder(first), act(), Optional.empty())));
      add(root, first, OptionalInt.empty());
      return;
    }
    int above = random.nextInt(nodes.size());
    if (fallen.contains(above) || nodes.get(above).artifact().claims().lineage().depth() == DEPTH) {
      return;
    }
    add(under(above, first), first, OptionalInt.of(above));
  }

  private SoftwareHost holder(boolean first) {
    return first ? host : other;
  }

  private IssuanceOutcome under(int above, boolean first) {
    Node parent = nodes.get(above);
    return ask(holder(first), holder(parent.first()), parent.artifact(), act());
  }

  private void add(IssuanceOutcome issued, boolean first, OptionalInt parent) throws Exception {
    nodes.add(new Node(Deployment.bundle(issued), Deployment.artifact(issued), first, parent));
  }

  private void revoke(int chosen) throws Exception {
    UuidV7 jti = nodes.get(chosen).artifact().claims().jti();
    if (!fallen.contains(chosen)) {
      assertThat(
              Deployment.join(
                  deployment.service().revocations().revoke(jti, RevocationReason.SUPERSEDED)))
          .isInstanceOf(RevocationOutcome.Revoked.class);
    }
    for (int at = 0; at < nodes.size(); at++) {
      if (isAtOrBelow(chosen, at)) {
        fallen.add(at);
      }
    }
  }

  private boolean isAtOrBelow(int chosen, int at) {
    OptionalInt here = OptionalInt.of(at);
    while (here.isPresent()) {
      if (here.getAsInt() == chosen) {
        return true;
      }
      here = nodes.get(here.getAsInt()).parent();
    }
    return false;
  }

  private void judgeAll(Random random) throws Exception {
    for (int at = 0; at < nodes.size(); at++) {
      Node node = nodes.get(at);
      boolean down = fallen.contains(at);
      Verdict verdict = deployment.verdict(newest(node.bundle()), new SeenInMemory());
      assertThat(
              verdict instanceof Verdict.Denied denied
                  ? Optional.of(denied.code())
                  : Optional.empty())
          .as("node %s of %s", at, nodes.size())
          .isEqualTo(down ? Optional.of(DenialCode.REVOKED) : Optional.empty());
      assertThat(
              deployment
                  .service()
                  .ledger()
                  .artifact(node.artifact().claims().jti())
                  .orElseThrow()
                  .revoked())
          .isEqualTo(down);
    }
    List<Integer> asked = new ArrayList<>(fallen);
    Collections.shuffle(asked, random);
    for (int at : asked.subList(0, Math.min(ASKED, asked.size()))) {
      assertDenied("parent_revoked", under(at, true));
    }
  }
}
