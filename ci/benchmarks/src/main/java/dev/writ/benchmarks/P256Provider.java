// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.amazon.corretto.crypto.provider.SelfTestStatus;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/**
 * A provider that verifies ECDSA P-256, under the name that lines give it.
 *
 * @param name as {@code java.security} knows it
 */
record P256Provider(String name, Provider provider) {
  private static P256Provider of(Provider provider) {
    return new P256Provider(provider.getName(), provider);
  }

  /**
   * The provider of bulk verification first: ACCP where its native library loads, Bouncy Castle
   * elsewhere. The others follow, and SunEC, with which one-shot commands start, is the last.
   */
  static List<P256Provider> preferredFirst() {
    List<P256Provider> all = new ArrayList<>();
    AmazonCorrettoCryptoProvider accp = AmazonCorrettoCryptoProvider.INSTANCE;
    if (accp.getLoadingError() == null && accp.runSelfTests() == SelfTestStatus.PASSED) {
      all.add(of(accp));
    }
    all.add(of(new BouncyCastleProvider()));
    Provider sunEc = Security.getProvider("SunEC");
    if (sunEc != null) {
      all.add(of(sunEc));
    }
    return all;
  }

  @Override
  public String toString() {
    return name + " " + provider.getVersionStr();
  }
}
