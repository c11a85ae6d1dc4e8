// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/**
 * What sees to the service's keys, and asks more than one person for it.
 *
 * @param steps carries out what was decided of keys
 * @param dualControl takes what needs more than one person
 * @param schedule proposes rotations
 * @param report tells the keys, and where they are in their lives
 * @param audit accounts for all that keys signed
 */
record KeyParts(
    KeySteps steps,
    DualControl dualControl,
    RotationSchedule schedule,
    KeyReport report,
    SignatureAudit audit) {

  static KeyParts on(Foundation base, StatusTokens tokens) {
    WritService.Setup setup = base.setup();
    KeyGenerations generations =
        new KeyGenerations(base.keys(), base.ledger(), base.clock(), base.random());
    OperationEntries entries = new OperationEntries(base.ledger(), base.clock(), base.random());
    KeySteps steps =
        new KeySteps(
            base.ledger(),
            base.trust(),
            base.keys(),
            generations,
            tokens,
            new KeyTransitions(
                base.ledger(),
                base.lines(),
                base.trust(),
                base.keys(),
                generations,
                base.counts(),
                base.policies()::longestLifetime,
                entries),
            entries,
            base.lines(),
            new WitnessesInUse(base.ledger(), base.trust(), setup.witnesses()),
            base.policies()::longestLifetime,
            base.clock());
    DualControl dualControl =
        new DualControl(
            base.operations(),
            base.hsm(),
            new OperationLedger(
                base.ledger(), base.trust(), base.policies()::leaf, base.clock(), base.random()),
            base.trust(),
            new Proposals(
                base.ledger(),
                base.trust(),
                base.keys(),
                generations,
                new Overlaps(setup.terms().akValidity()),
                setup.witnesses()),
            steps,
            base.clock(),
            base.random());
    return new KeyParts(
        steps,
        dualControl,
        new RotationSchedule(base.ledger(), dualControl, generations::cryptoperiod, base.clock()),
        new KeyReport(
            base.operations(),
            base.hsm(),
            base.ledger(),
            base.trust(),
            base.keys(),
            generations,
            steps),
        new SignatureAudit(base.ledger(), base.counts()));
  }
}
