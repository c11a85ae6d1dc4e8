// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.Delegable;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.StatusToken;
import dev.writ.evidence.Challenge;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Two hosts, each with its own keys, that ask for artifacts under one another's. */
abstract class DelegatingHosts extends TwoHosts {
  private final int maxDepth;

  DelegatingHosts(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  @Override
  final void prepare(Deployment before) throws Exception {
    before.policyText(this::delegating);
  }

  private String delegating(String policy) {
    // The example has a rule of its own against long chains.
    String deep =
        policy.replaceFirst("\"max_depth\": ?3", "\"max_depth\":" + Math.max(3, maxDepth));
    return "{\"delegation\":{\"max_depth\":" + maxDepth + "}," + deep.substring(1);
  }

  static Act act(int uses, int delegableUses) {
    return new Act(
        "exec",
        "/usr/bin/true",
        Hash.sha256(new byte[] {1}),
        Map.of(),
        uses,
        delegableUses == 0
            ? Optional.empty()
            : Optional.of(
                new Delegable(
                    List.of("exec"),
                    List.of("/usr/bin"),
                    List.of(Deployment.GATEWAY),
                    delegableUses)));
  }

  static ExecutionRequest request(SoftwareHost asker, Act act, Optional<Artifact> parent) {
    ExecutionRequest any = Deployment.request(asker);
    return new ExecutionRequest(
        any.iss(),
        any.aud(),
        any.tenant(),
        any.sub(),
        act,
        parent.map(artifact -> artifact.claims().jti()),
        any.jkt());
  }

  Artifact root(int delegableUses) throws Exception {
    Challenge challenge = deployment.challenge(host);
    return Deployment.artifact(
        deployment.issue(
            host.answer(challenge, request(host, act(1, delegableUses), Optional.empty()))));
  }

  /** Signed for by {@code holder}, whose the parent is, or is not. */
  Application application(
      SoftwareHost asker, SoftwareHost holder, Artifact parent, ExecutionRequest request) {
    Challenge challenge = deployment.challenge(asker);
    Application plain = asker.answer(challenge, request);
    return with(plain, proof(holder, parent, challenge, request));
  }

  static ParentProof proof(
      SoftwareHost holder, Artifact parent, Challenge challenge, ExecutionRequest request) {
    byte[] message =
        ParentProof.message(Hash.of(challenge.nonce().bytes()), request.digest(), request.jkt());
    return new ParentProof(
        parent, holder.instanceKey.publicKey(), holder.instanceKey.signP1363(message));
  }

  static Application with(Application plain, ParentProof proof) {
    return new Application(
        plain.akName(),
        plain.challenge(),
        plain.request(),
        plain.exec(),
        plain.evidence(),
        plain.initiatorToken(),
        Optional.of(proof));
  }

  IssuanceOutcome ask(SoftwareHost asker, SoftwareHost holder, Artifact parent, Act act) {
    return deployment.issue(
        application(asker, holder, parent, request(asker, act, Optional.of(parent))));
  }

  /** The same with the newest token of its list, as whoever follows the service shows it. */
  ProofBundle newest(ProofBundle bundle) throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    int list =
        deployment
            .service()
            .ledger()
            .artifact(artifact.claims().jti())
            .orElseThrow()
            .status()
            .orElseThrow()
            .list();
    return ProofBundle.of(
        artifact,
        Leaf.parse(bundle.leaf()),
        bundle.tlogProof(),
        StatusToken.parse(deployment.service().statusTokens().token(list).orElseThrow()));
  }
}
