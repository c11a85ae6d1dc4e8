// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** With which key somebody signs who has read what it is. */
final class SignerOptions {
  @Option(
      names = "--key",
      required = true,
      paramLabel = "KEY",
      description = {
        "The signer's P-256 key: a file with PKCS#8 in PEM, readable by its owner alone; or in a token,",
        "pkcs11:token=LABEL;object=LABEL?module-path=/FILE&pin-source=file:/FILE (RFC 7512)."
      })
  String key = "";

  @Mixin Confirmation confirmation = new Confirmation();

  /** The key; the caller closes it. */
  OperatorKey open() throws CommandFailure {
    return OperatorKey.named("--key", key);
  }

  void confirm() throws CommandFailure {
    confirmation.ask();
  }
}
