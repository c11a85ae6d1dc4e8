// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.OutcomeStatement.Signer;
import dev.writ.artifact.Possession;
import dev.writ.artifact.Presentation.Audience;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RedemptionClaims;
import dev.writ.artifact.RedemptionReceipt;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.VerificationKey;
import dev.writ.ledger.Ledger;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Artifacts that the service judges, and what their holder and a gateway of the trust file ask with them. */
final class Redeeming {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String RESOURCE = "/usr/bin/true";

  private final Deployment deployment;
  private final SoftwareHost host;
  private Optional<ProofBundle> last = Optional.empty();

  Redeeming(Deployment deployment, SoftwareHost host) {
    this.deployment = deployment;
    this.host = host;
  }

  static Hash newKey() {
    byte[] key = new byte[Hash.BYTES];
    RANDOM.nextBytes(key);
    return Hash.of(key);
  }

  Hash gatewayKid() {
    return kid(deployment.gateway);
  }

  private static Hash kid(KeyPair pair) {
    return VerificationKey.of((ECPublicKey) pair.getPublic()).kid();
  }

  ProofBundle issue(int maxUses) throws Exception {
    return issueFor(Deployment.IDENTITY.issuer(), maxUses);
  }

  ProofBundle issueFor(String audience, int maxUses) throws Exception {
    ExecutionRequest usual = Deployment.request(host, maxUses);
    ExecutionRequest request =
        new ExecutionRequest(
            usual.iss(),
            List.of(audience),
            usual.tenant(),
            usual.sub(),
            usual.act(),
            usual.parent(),
            usual.jkt());
    ProofBundle bundle =
        Deployment.bundle(deployment.issue(host.answer(deployment.challenge(host), request)));
    last = Optional.of(bundle);
    return bundle;
  }

  /** The one that was issued last. */
  ProofBundle last() {
    return last.orElseThrow();
  }

  ActionAtHand action(String resource) {
    Act act = Deployment.request(host).act();
    return new ActionAtHand(act.action(), resource, act.argsDigest(), Map.of());
  }

  Possession possession(ProofBundle bundle, Hash asker) throws Exception {
    Hash nonce = newKey();
    byte[] message =
        Possession.message(
            nonce,
            Artifact.parse(bundle.artifact()).digest(),
            new Audience.ServiceJudged(asker).name());
    return new Possession(host.instanceKey.publicKey(), nonce, host.instanceKey.signP1363(message));
  }

  private RedemptionClaims claims(
      ProofBundle bundle, Hash key, ActionAtHand action, Optional<Possession> possession)
      throws Exception {
    Artifact artifact = Artifact.parse(bundle.artifact());
    return new RedemptionClaims(
        artifact.claims().jti(),
        artifact.digest(),
        key,
        action,
        Instant.ofEpochMilli(deployment.clock.millis()),
        possession);
  }

  private static RedemptionStatement signed(KeyPair gateway, RedemptionClaims claims) {
    byte[] input = RedemptionStatement.signingInput(new Signer.Gateway(kid(gateway)), claims);
    return RedemptionStatement.assemble(input, SoftwareKey.signP1363(gateway, input));
  }

  RedemptionStatement byGateway(ProofBundle bundle) throws Exception {
    return byGateway(bundle, newKey());
  }

  RedemptionStatement byGateway(ProofBundle bundle, Hash key) throws Exception {
    return byGateway(deployment.gateway, bundle, key);
  }

  RedemptionStatement byGateway(KeyPair gateway, ProofBundle bundle, Hash key) throws Exception {
    return signed(
        gateway,
        claims(bundle, key, action(RESOURCE), Optional.of(possession(bundle, kid(gateway)))));
  }

  RedemptionStatement byGateway(ProofBundle bundle, ActionAtHand action) throws Exception {
    return signed(
        deployment.gateway,
        claims(bundle, newKey(), action, Optional.of(possession(bundle, gatewayKid()))));
  }

  /** The holder's proof is for another gateway. */
  RedemptionStatement shownToAnother(ProofBundle bundle) throws Exception {
    return signed(
        deployment.gateway,
        claims(bundle, newKey(), action(RESOURCE), Optional.of(possession(bundle, host.jkt()))));
  }

  /** By another key than the header names. */
  RedemptionStatement forged(ProofBundle bundle) throws Exception {
    byte[] input =
        RedemptionStatement.signingInput(
            new Signer.Gateway(gatewayKid()),
            claims(
                bundle, newKey(), action(RESOURCE), Optional.of(possession(bundle, gatewayKid()))));
    return RedemptionStatement.assemble(
        input, SoftwareKey.signP1363(SoftwareHost.newKeyPair(), input));
  }

  RedemptionStatement byHolder(ProofBundle bundle, SoftwareKey key) throws Exception {
    byte[] input =
        RedemptionStatement.signingInput(
            new Signer.Holder(key.publicKey()),
            claims(bundle, newKey(), action(RESOURCE), Optional.empty()));
    return RedemptionStatement.assemble(input, key.signP1363(input));
  }

  /** A receipt of whatever leaf. */
  RedemptionReceipt receiptOf(long index) throws Exception {
    Ledger ledger = deployment.service().ledger();
    SignedNote note = ledger.checkpoint();
    long size = Checkpoint.parse(note.text()).size();
    return new RedemptionReceipt(
        ledger.leaf(index).orElseThrow().bytes(),
        TlogProof.of(ledger.inclusionProof(index, size).orElseThrow(), note).format());
  }
}
