// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.evidence.EnrolledAk;
import dev.writ.ledger.Host;
import dev.writ.ledger.HostState;
import dev.writ.tlog.Hash;

/**
 * An enrolled host, ready to be judged. All but its state is so for ever: the attestation key follows
 * from its name, and the others were fixed when it was enrolled.
 *
 * @param row as the ledger held it when it was read
 * @param ak its attestation key
 * @param enrolment hash of the leaf that admitted it
 */
record KnownHost(Host row, EnrolledAk ak, Hash enrolment) {
  AkName akName() {
    return row.akName();
  }

  String name() {
    return row.name();
  }

  boolean isActive() {
    return row.state() == HostState.ACTIVE;
  }
}
