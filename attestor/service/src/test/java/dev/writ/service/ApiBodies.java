// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The bodies of requests, as the contract has them. */
final class ApiBodies {
  private ApiBodies() {}

  /** Asks for a challenge. */
  static String challenge(SoftwareHost host) {
    return "{\"ak_name\":\"" + base64Url(host.ak.name().bytes()) + "\"}";
  }

  /** Asks for an artifact; the request stands in it as it was hashed. */
  static String issue(Application application) {
    return "{\"ak_name\":\""
        + base64Url(application.akName().bytes())
        + "\",\"challenge\":\""
        + base64Url(application.challenge().encode())
        + "\",\"request\":"
        + new String(application.request().jcs(), StandardCharsets.UTF_8)
        + application
            .exec()
            .map(exec -> ",\"exec\":" + new String(exec.jcs(), StandardCharsets.UTF_8))
            .orElse("")
        + application
            .initiatorToken()
            .map(token -> ",\"initiator_token\":\"" + token.compact() + "\"")
            .orElse("")
        + ",\"evidence\":\""
        + base64Url(application.evidence().bytes())
        + "\"}";
  }

  static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
