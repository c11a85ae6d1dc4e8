// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code writ --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {
      "writ " + (version == null ? "(not packaged)" : version), "Java " + Runtime.version()
    };
  }
}
