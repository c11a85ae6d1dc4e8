// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Presentation.ParentHere;
import java.time.Instant;
import java.util.Optional;

/**
 * The part of an {@link Examination} that is about the artifact above. Which it is the child's claims and
 * leaf say; where its bundle is at hand it is judged as any other, and the child must be within it.
 */
final class ParentExamination {
  private final Beliefs beliefs;
  private final Seen seen;
  private final Instant now;

  ParentExamination(Beliefs beliefs, Seen seen, Instant now) {
    this.beliefs = beliefs;
    this.seen = seen;
    this.now = now;
  }

  Finding judge(Optional<ParentHere> demanded, ArtifactClaims child) {
    String actual = child.lineage().parent().map(UuidV7::toString).orElse("none");
    if (demanded.isEmpty()) {
      return Finding.notAsked("of this parent", actual);
    }
    ParentHere parent = demanded.get();
    String expected = "parent " + parent.jti();
    if (!child.lineage().parent().equals(Optional.of(parent.jti()))) {
      return Finding.failed(expected, actual);
    }
    return parent
        .bundle()
        .map(bundle -> under(parent.jti(), bundle, child))
        .orElseGet(() -> Finding.passed(expected, actual));
  }

  /**
   * Judged by the same moment and memory as the child; that the child runs under it uses it up no more than
   * looking at it does.
   */
  private Finding under(UuidV7 jti, ProofBundle bundle, ArtifactClaims child) {
    String expected = "parent " + jti + ", which holds, and no more than it permits";
    Verdict verdict =
        BundleVerifier.verify(
            beliefs, bundle.toJson(), Presentation.NOTHING, new UsedByNobody(seen), now);
    if (verdict instanceof Verdict.Denied denied) {
      return Finding.failed(
          expected, "the parent is denied with " + denied.code().wire() + ", " + denied.reason());
    }
    ArtifactClaims above = ((Verdict.Allowed) verdict).artifact().claims();
    if (!above.jti().equals(jti)) {
      return Finding.failed(expected, "the bundle of " + above.jti());
    }
    return Narrowing.excess(above, child)
        .map(
            excess ->
                Finding.failed(
                    expected,
                    excess.field() + " that must be " + excess.mustBe() + ", was " + excess.was()))
        .orElseGet(() -> Finding.passed(expected, "it holds until " + above.exp()));
  }

  /** A memory to which a use is none: whoever is used up is the child. */
  private static final class UsedByNobody extends BorrowedMemory {
    UsedByNobody(Seen childs) {
      super(childs);
    }

    @Override
    public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
      return UseOutcome.NOT_ASKED;
    }

    @Override
    public Redemption redeem(Artifact artifact) {
      return new Redemption.NotAsked();
    }
  }
}
