// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Principal;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A certificate to the one side of TLS, and any bytes to the other. */
final class ForgedCertificate extends X509Certificate {
  private static final long serialVersionUID = 1L;

  private final X509Certificate shown;
  private final byte[] sent;

  ForgedCertificate(X509Certificate shown, byte[] sent) {
    this.shown = shown;
    this.sent = sent;
  }

  @Override
  public byte[] getEncoded() {
    return sent.clone();
  }

  @Override
  public String toString() {
    return "forged";
  }

  @Override
  public void checkValidity() throws CertificateExpiredException, CertificateNotYetValidException {
    shown.checkValidity();
  }

  @Override
  public void checkValidity(Date date)
      throws CertificateExpiredException, CertificateNotYetValidException {
    shown.checkValidity(date);
  }

  @Override
  public int getVersion() {
    return shown.getVersion();
  }

  @Override
  public BigInteger getSerialNumber() {
    return shown.getSerialNumber();
  }

  @Override
  @Deprecated
  public Principal getIssuerDN() {
    return shown.getIssuerDN();
  }

  @Override
  @Deprecated
  public Principal getSubjectDN() {
    return shown.getSubjectDN();
  }

  @Override
  public Date getNotBefore() {
    return shown.getNotBefore();
  }

  @Override
  public Date getNotAfter() {
    return shown.getNotAfter();
  }

  @Override
  public byte[] getTBSCertificate() throws CertificateEncodingException {
    return shown.getTBSCertificate();
  }

  @Override
  public byte[] getSignature() {
    return shown.getSignature();
  }

  @Override
  public String getSigAlgName() {
    return shown.getSigAlgName();
  }

  @Override
  public String getSigAlgOID() {
    return shown.getSigAlgOID();
  }

  @Override
  public byte @Nullable [] getSigAlgParams() {
    return shown.getSigAlgParams();
  }

  @Override
  public boolean @Nullable [] getIssuerUniqueID() {
    return shown.getIssuerUniqueID();
  }

  @Override
  public boolean @Nullable [] getSubjectUniqueID() {
    return shown.getSubjectUniqueID();
  }

  @Override
  public boolean @Nullable [] getKeyUsage() {
    return shown.getKeyUsage();
  }

  @Override
  public int getBasicConstraints() {
    return shown.getBasicConstraints();
  }

  @Override
  public void verify(PublicKey key)
      throws CertificateException,
          NoSuchAlgorithmException,
          InvalidKeyException,
          NoSuchProviderException,
          SignatureException {
    shown.verify(key);
  }

  @Override
  public void verify(PublicKey key, String provider)
      throws CertificateException,
          NoSuchAlgorithmException,
          InvalidKeyException,
          NoSuchProviderException,
          SignatureException {
    shown.verify(key, provider);
  }

  @Override
  public PublicKey getPublicKey() {
    return shown.getPublicKey();
  }

  @Override
  public boolean hasUnsupportedCriticalExtension() {
    return shown.hasUnsupportedCriticalExtension();
  }

  @Override
  public @Nullable Set<String> getCriticalExtensionOIDs() {
    return shown.getCriticalExtensionOIDs();
  }

  @Override
  public @Nullable Set<String> getNonCriticalExtensionOIDs() {
    return shown.getNonCriticalExtensionOIDs();
  }

  @Override
  public byte @Nullable [] getExtensionValue(String oid) {
    return shown.getExtensionValue(oid);
  }
}
