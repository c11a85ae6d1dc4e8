// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Governance;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.evidence.EndorsementVerifier;
import dev.writ.evidence.TpmName;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SqliteConfig;
import dev.writ.policy.Policy;
import java.nio.file.Path;
import java.security.Provider;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The service in one process: what it needs is opened and checked, and its parts are joined. What it
 * can be asked is {@link #challenge}, {@link #enrolment} and {@link #issuance}.
 */
public final class WritService implements AutoCloseable {
  private final Ledger ledger;
  private final Hosts hosts;
  private final PolicyInForce policy;
  private final Challenges challenges;
  private final Enrolment enrolment;
  private final Issuance issuance;

  /**
   * What a service is started with.
   *
   * @param identity who it is
   * @param keys its keys, in their token
   * @param ledgerFolder where its ledger is, or will be
   * @param policy the policy to put in force; unsigned, which dev alone accepts
   * @param endorsementTrust the TPM makers that are believed
   * @param admitted the hosts that may enrol
   * @param signatures verifies signatures
   * @param clock says what time it is
   * @param random makes nonces, salts and identities
   */
  public record Setup(
      ServiceIdentity identity,
      IssuerKeys keys,
      Path ledgerFolder,
      Policy policy,
      EndorsementTrust endorsementTrust,
      AdmittedHosts admitted,
      Provider signatures,
      InstantSource clock,
      SecureRandom random) {}

  private WritService(Setup setup, Ledger ledger, PolicyInForce policy, ServiceSecret secret) {
    this.ledger = ledger;
    this.hosts = new Hosts(ledger);
    this.policy = policy;
    EndorsementVerifier endorsements = new EndorsementVerifier(setup.endorsementTrust());
    this.challenges = new Challenges(secret, setup.clock(), setup.random());
    this.enrolment =
        new Enrolment(
            endorsements,
            setup.admitted(),
            secret,
            ledger,
            policy.leaf(),
            setup.clock(),
            setup.random());
    this.issuance =
        new Issuance(
            hosts,
            new Judge(
                setup.identity(),
                challenges,
                new Endorsements(endorsements, ledger, setup.clock()),
                policy,
                ledger,
                setup.signatures(),
                setup.clock()),
            // Every key and TPM that can be configured so far is a dev one: see docs/TRUST.md.
            new ArtifactSigner(
                setup.keys(),
                setup.identity().origin(),
                Governance.Mode.DEV,
                setup.clock(),
                setup.random()),
            new DecisionEntries(policy, ledger, setup.clock(), setup.random()),
            ledger);
  }

  /**
   * Opens the ledger and puts keys and policy into it.
   *
   * @throws LedgerException if the ledger cannot be opened
   * @throws ServiceStartException if it cannot take its first leaves
   */
  public static WritService start(Setup setup) throws LedgerException, ServiceStartException {
    return start(setup, ServiceSecret.random(setup.random()));
  }

  /** A service that recognizes what another with this secret said. */
  static WritService start(Setup setup, ServiceSecret secret)
      throws LedgerException, ServiceStartException {
    CheckpointSigner checkpoint =
        new CheckpointSigner(setup.identity().origin(), setup.keys().checkpoint());
    Ledger ledger =
        Ledger.open(
            SqliteConfig.in(setup.ledgerFolder()),
            setup.identity().origin(),
            List.of(checkpoint),
            setup.clock());
    try {
      PolicyInForce policy =
          new Genesis(ledger, setup.clock(), setup.random())
              .begin(setup.keys(), checkpoint, setup.policy());
      return new WritService(setup, ledger, policy, secret);
    } catch (LedgerException | ServiceStartException | RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  /** A challenge for an enrolled host: the PCRs that its reference values speak of. */
  public ChallengeOutcome challenge(TpmName akName) {
    try {
      Optional<Host> host = hosts.named(akName);
      if (host.isEmpty()) {
        return new ChallengeOutcome.Denied(Issuance.HOST_NOT_ENROLLED);
      }
      if (host.get().state() != HostState.ACTIVE) {
        return new ChallengeOutcome.Denied(Judge.notActive(host.get()));
      }
      return new ChallengeOutcome.Issued(
          challenges.issue(akName, policy.selectionFor(host.get().name()), policy.epoch()));
    } catch (LedgerException e) {
      return new ChallengeOutcome.Denied(
          new IssuanceOutcome.Denied(
              DenialCode.UNVERIFIABLE,
              Issuance.LEDGER_UNAVAILABLE,
              String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      Defect.log("a challenge", e);
      return new ChallengeOutcome.Denied(
          new IssuanceOutcome.Denied(DenialCode.UNVERIFIABLE, Defect.REASON, Defect.MESSAGE));
    }
  }

  /** Admits hosts. */
  public Enrolment enrolment() {
    return enrolment;
  }

  /** Decides on applications. */
  public Issuance issuance() {
    return issuance;
  }

  /** The ledger, to be read. */
  public Ledger ledger() {
    return ledger;
  }

  @Override
  public void close() {
    ledger.close();
  }
}
