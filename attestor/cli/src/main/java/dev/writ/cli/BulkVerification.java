// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.amazon.corretto.crypto.provider.SelfTestStatus;
import java.security.Provider;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * The provider with which a long-running command verifies signatures. The JDK's own verifies an order
 * of magnitude less in the same time; a command that verifies a few is through before either loads.
 */
final class BulkVerification {
  private BulkVerification() {}

  /** Amazon's where its native library loads and tests itself well, Bouncy Castle's elsewhere. */
  static Provider provider() {
    AmazonCorrettoCryptoProvider accp = AmazonCorrettoCryptoProvider.INSTANCE;
    return accp.getLoadingError() == null && accp.runSelfTests() == SelfTestStatus.PASSED
        ? accp
        : new BouncyCastleProvider();
  }
}
