// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.util.List;

/** 54 to 69: boot event logs. */
final class BootLogCases {
  private BootLogCases() {}

  static List<NegativeCase> cases() {
    return List.of(
        notBuilt(54, "PCR with a value but no log events"),
        notBuilt(55, "event type swapped to EV_UNUSED"),
        notBuilt(56, "EV_NO_ACTION in the middle"),
        notBuilt(57, "two Spec ID events"),
        notBuilt(58, "StartupLocality twice, above 4, in another PCR than 0"),
        notBuilt(59, "H-CRTM start value"),
        notBuilt(60, "digest for the policy's bank missing"),
        notBuilt(61, "digest is not of the data"),
        notBuilt(62, "second separator, data after ExitBootServices"),
        notBuilt(63, "SecureBoot variable twice, wrong GUID, length 0 or 2"),
        notBuilt(64, "boot application before Calling EFI Application"),
        notBuilt(65, "event of 3 GB, a million events, PCRIndex 32 or 0xffffffff"),
        notBuilt(66, "CCEL padding"),
        notBuilt(67, "UTF-16 of odd length"),
        notBuilt(68, "dbx absent"),
        notBuilt(69, "log longer than the quoted state"));
  }

  private static NegativeCase notBuilt(int number, String title) {
    return NegativeCase.notBuilt(number, Level.VERIFIER, title);
  }
}
