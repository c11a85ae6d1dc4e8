// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Governance;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.policy.Decision;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What an allow's leaf says was issued, held against what lies beside it. */
final class ReplayedArtifact {
  private final ReplaySteps steps;
  private final Leaf leaf;
  private final LeafBody.DecisionAllow body;
  private final KeptMembers members;
  private final Optional<Artifact> artifact;

  /** Why there is none. */
  private final Optional<ContradictionException> wrong;

  ReplayedArtifact(ReplaySteps steps, Leaf leaf, LeafBody.DecisionAllow body, KeptMembers members) {
    this.steps = steps;
    this.leaf = leaf;
    this.body = body;
    this.members = members;
    Optional<Artifact> read = Optional.empty();
    Optional<ContradictionException> failure = Optional.empty();
    try {
      read = Optional.of(read(body, members));
    } catch (ContradictionException e) {
      failure = Optional.of(e);
    }
    this.artifact = read;
    this.wrong = failure;
  }

  private static Artifact read(LeafBody.DecisionAllow body, KeptMembers members)
      throws ContradictionException {
    members.require("artifact");
    Artifact artifact;
    try {
      artifact = Artifact.parse(members.text("artifact"));
    } catch (MalformedArtifactException e) {
      throw new ContradictionException("artifact", "an artifact", String.valueOf(e.getMessage()));
    }
    if (!artifact.digest().equals(body.artifactDigest())
        || !artifact.claims().jti().equals(body.jti())) {
      throw new ContradictionException(
          "artifact",
          body.jti() + " of digest " + body.artifactDigest(),
          artifact.claims().jti() + " of digest " + artifact.digest());
    }
    return artifact;
  }

  /** Makes its claims once more. */
  void compareClaims(Decision.Allow allow, Grounds grounds, String origin)
      throws ContradictionException {
    steps.begin(ReplayStep.ARTIFACT);
    if (wrong.isPresent()) {
      throw wrong.get();
    }
    ArtifactClaims was = artifact.orElseThrow().claims();
    byte[] came;
    try {
      came =
          ArtifactSigner.claims(
                  allow,
                  grounds,
                  new ArtifactSigner.Chosen(
                      was.jti(),
                      was.lineage().execution(),
                      was.status(),
                      origin,
                      usual(was.gov().mode())))
              .toJson();
    } catch (IllegalArgumentException e) {
      steps.mismatch("artifact", "claims of this form", String.valueOf(e.getMessage()));
      return;
    }
    steps.made(came);
    var unused = steps.compare("artifact", was.toJson(), came, "");
  }

  /** Whether it was a break-glass is the ledger's to say. */
  private static Governance.Mode usual(Governance.Mode mode) {
    return mode == Governance.Mode.BREAK_GLASS ? Governance.Mode.STANDARD : mode;
  }

  void compareCommitments(Application application, String hostName) throws ContradictionException {
    steps.begin(ReplayStep.COMMITMENTS);
    String host = members.text("host");
    if (!host.equals(hostName)) {
      throw new ContradictionException("host", hostName, host);
    }
    opens(body.subject(), "subject_salt", utf8(application.request().sub()));
    opens(body.host(), "host_salt", utf8(host));
    opens(body.args(), "args_salt", application.request().act().argsDigest().bytes());
    steps.same();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void opens(Commitment commitment, String salt, byte[] value)
      throws ContradictionException {
    byte[] bytes = members.salt(salt);
    if (!commitment.opensWith(bytes, value)) {
      throw new ContradictionException(
          salt,
          "such that the leaf's commitment " + commitment.digest() + " opens",
          "one of " + Commitment.of(bytes, value).digest());
    }
  }

  /** Who signed it is asked of every artifact that the leaf names, whatever else is not there. */
  void compareSignature(RecordedIssuers issuers, long index) {
    if (artifact.isPresent()) {
      steps.begin(ReplayStep.SIGNATURE);
      issuers.compare(steps, artifact.get(), index, leaf.time());
    } else if (!steps.isDone(ReplayStep.ARTIFACT)) {
      steps.begin(ReplayStep.ARTIFACT);
      steps.say(wrong.orElseThrow().outcome());
    }
  }
}
