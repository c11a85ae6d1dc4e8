// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * What every part of a service stands on: its ledger, with keys and policy in it, and who does its work.
 *
 * @param nanos a clock such as {@link System#nanoTime}, for how often something may be
 * @param lines the checkpoint's signers
 * @param appraisal does what takes a processor's time
 * @param hsm does what waits for the token
 * @param closings gives all back that was opened
 */
record Foundation(
    WritService.Setup setup,
    LongSupplier nanos,
    Telemetry telemetry,
    CheckpointLines lines,
    Ledger ledger,
    TrustFiles trust,
    KeysInUse keys,
    Policies policies,
    Modes modes,
    Operations operations,
    Refusals refusals,
    WorkPool appraisal,
    WorkPool hsm,
    Closings closings) {

  /**
   * Opens the ledger, and puts keys and policy into it.
   *
   * @throws LedgerException if the ledger cannot be opened
   * @throws ServiceStartException if it cannot take its first leaves, or the trust file is not of this
   *     service
   */
  static Foundation open(WritService.Setup setup, LongSupplier nanos)
      throws LedgerException, ServiceStartException {
    StartChecks.requireOwnTrust(setup.identity(), setup.trust());
    StartChecks.requireOwnPolicy(setup.identity(), setup.policy());
    Telemetry telemetry = new Telemetry();
    CheckpointLines lines = new CheckpointLines(setup.keys(), setup.identity().origin());
    Ledger ledger =
        Ledger.open(
            setup.store(),
            setup.identity().origin(),
            lines,
            published -> setup.witnesses().at(TrustFiles.newest(setup.trust(), published)),
            setup.counter(),
            setup.clock(),
            new LedgerMetrics(telemetry.registry()));
    Closings closings = new Closings();
    closings.add(ledger::close);
    try {
      return on(setup, nanos, telemetry, lines, ledger, closings);
    } catch (LedgerException | ServiceStartException | RuntimeException e) {
      closings.close();
      throw e;
    }
  }

  private static Foundation on(
      WritService.Setup setup,
      LongSupplier nanos,
      Telemetry telemetry,
      CheckpointLines lines,
      Ledger ledger,
      Closings closings)
      throws LedgerException, ServiceStartException {
    TrustFiles trust = TrustFiles.open(setup.trust(), ledger);
    StartChecks.warnOfUnseenRollback(trust.newest(), setup.store(), setup.counter());
    KeysInUse keys = KeysInUse.of(setup.keys(), ledger);
    PolicyStanding policy =
        new Genesis(ledger, trust, setup.clock(), setup.random())
            .begin(keys, setup.identity().origin(), setup.policy());
    Policies policies = Policies.open(ledger, trust, policy, setup.clock());
    StartChecks.requireTrusted(keys, trust.newest());
    Modes modes = Modes.open(ledger, trust, setup.clock(), telemetry);
    WorkPool appraisal = new WorkPool("appraisal", setup.limits().appraisal());
    closings.add(appraisal::close);
    WorkPool hsm = new WorkPool("hsm", setup.limits().hsm());
    closings.add(hsm::close);
    telemetry.watch(List.of(appraisal, hsm));
    telemetry.watch(policies, setup.identity().origin());
    KeyMetrics keyMetrics = new KeyMetrics(telemetry.registry());
    keyMetrics.expose(keys.token());
    keyMetrics.expose(setup.keys().signatures());
    keyMetrics.expose(keys, trust, setup.clock());
    return new Foundation(
        setup,
        nanos,
        telemetry,
        lines,
        ledger,
        trust,
        keys,
        policies,
        modes,
        new Operations(),
        new Refusals(),
        appraisal,
        hsm,
        closings);
  }

  Limits limits() {
    return setup.limits();
  }

  InstantSource clock() {
    return setup.clock();
  }

  SecureRandom random() {
    return setup.random();
  }

  SignatureCounts counts() {
    return setup.keys().signatures();
  }

  /** How often each host may have something of one kind. */
  HostRate hostRate() {
    return new HostRate(limits(), nanos);
  }
}
