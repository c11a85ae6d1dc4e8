// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Optional;

/**
 * By whose word an application comes, as far as it was shown.
 *
 * @param initiator who set it in motion
 * @param parent under which it is asked
 * @param renewal the execution that goes on by it
 * @param denial of what was shown last; what follows that was not looked at
 */
record Origins(
    Optional<Initiator> initiator,
    Optional<ParentGrant> parent,
    Optional<Renewal> renewal,
    Optional<Denial> denial) {
  static final Origins NONE =
      new Origins(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  Origins by(Optional<Initiator> who) {
    return new Origins(who, parent, renewal, denial);
  }

  Origins under(ParentGrant grant) {
    return new Origins(initiator, Optional.of(grant), renewal, denial);
  }

  Origins goingOn(Renewal execution) {
    return new Origins(initiator, parent, Optional.of(execution), denial);
  }

  Origins denied(Denial why) {
    return new Origins(initiator, parent, renewal, Optional.of(why));
  }

  /** The initiator that a policy is shown. */
  Optional<String> initiatorName() {
    return Renewals.initiator(renewal, parent, initiator.map(Initiator::name));
  }
}
