// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import java.security.Provider;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** The providers that Writ runs on; Corretto's where its native library loads. */
final class TestProviders {
  private TestProviders() {}

  static List<Provider> all() {
    List<Provider> providers =
        new ArrayList<>(List.of(Security.getProvider("SunEC"), new BouncyCastleProvider()));
    if (AmazonCorrettoCryptoProvider.INSTANCE.getLoadingError() == null) {
      providers.add(AmazonCorrettoCryptoProvider.INSTANCE);
    }
    return providers;
  }
}
