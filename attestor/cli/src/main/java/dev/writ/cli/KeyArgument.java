// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import picocli.CommandLine.Parameters;

/** Which key a command is about. */
final class KeyArgument {
  @Parameters(
      paramLabel = "KID",
      converter = Thumbprint.class,
      description = "The key's thumbprint; see writ keys list.")
  Hash kid = Hash.of(new byte[Hash.BYTES]);
}
