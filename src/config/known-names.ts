/** A property name of the compatibility target, whether or not this version builds the feature. */
export interface KnownName {
  /** The name; with `.*` at the end it has labels (`name.<label>`), and the plain name counts too. */
  readonly name: string;
  /**
   * - `current`: valid there. When this version does not declare it, it is ignored with a warning.
   * - `deprecated`: still valid there, to be replaced.
   * - `removed`: recognised and ignored with a warning, also by the compatibility target.
   * - `refused`: never accepted.
   */
  readonly status: 'current' | 'deprecated' | 'removed' | 'refused';
  /**
   * Given where ignoring the property may weaken security or change identities: the values (lower case) that can be
   * ignored all the same. `negative` stands for every negative number. Any other value is fatal.
   */
  readonly ignorable?: readonly string[];
  /** What to write instead, or why it is ignored. */
  readonly advice?: string;
  /** A property that must not be set together with this one. */
  readonly conflictsWith?: string;
  /** Taken into account before any property is declared: it says where further settings are. */
  readonly namesSource?: true;
}

/** `prefix.{a b c}`: one name per member; members of an empty prefix stand alone. */
function names(prefix: string, members: string): KnownName[] {
  return members
    .trim()
    .split(/\s+/)
    .map((member) => ({ name: prefix === '' ? member : `${prefix}.${member}`, status: 'current' }));
}

function withStatus(status: KnownName['status'], advice: string, members: string): KnownName[] {
  return names('', members).map(({ name }) => ({ name, status, advice }));
}

/** Names that must not be ignored silently unless their value is one of these. */
function weighty(ignorable: string, members: string, advice?: string): KnownName[] {
  return names('', members).map((known) => ({
    ...known,
    ignorable: ignorable.split(' '),
    ...(advice === undefined ? {} : { advice }),
  }));
}

const tokenGroup = 'lifetime encoding audienceList includeClientMetadataFields'.replaceAll(/\w+/g, 'accessToken.$&');
const webGroup = 'enable url apiAccessToken connectTimeout readTimeout';
const timeouts = 'httpConnectTimeout httpReadTimeout';

const provider = [
  ...names('', 'env'),
  ...names('', 'systemPropertiesURL').map((known): KnownName => ({ ...known, namesSource: true })),
  ...names(
    'op',
    `issuer issuerAliases.* issuer.aliases.* issuerAliasMode policy tos serviceDocs splashPage metadataOverlay
     customMetadata configCheck.apiAccessTokenSHA256.* claims.map.* map.claims.*`,
  ),
  ...names(
    'op.reg',
    `allowOpenRegistration apiAccessTokenSHA256.* secondaryAPIAccessTokenSHA256 requireInitialAccessTokenAudience
     rejectNonTLSRedirectionURIs allowLocalhostRedirectionURIsForTest allowNonTLSLogoutURIsForTest
     accessTokenByteLength refreshAccessTokenOnUpdate clientIDByteLength clientSecretLifetime
     alwaysRefreshClientSecretOnUpdate requireRequestURIRegistration requestURIQuota httpMaxRequestSize
     resourceRetriever.httpConnectTimeout resourceRetriever.httpReadTimeout resourceRetriever.httpMaxEntitySize
     resourceRetriever.denyPrivateAddresses enableProviderManagedSectorIDs`,
  ),
  ...names('op.sso.nativeClientGroup', 'enable sessionMaxLifetime sessionAuthLifetime sessionMaxIdleTime'),
  ...names(
    'op.idToken',
    `defaultLifetime jwsAlgs jweAlgs jweEncs includeX5C includeJWTID includeStateHash jwtType
     includeSubjectSessionClaims ignoreClaimsSourceErrors`,
  ),
  ...names('op', 'rar.supportedTypes par.lifetime par.httpMaxRequestSize'),
  ...names(
    'op.authz',
    `endpoint apiAccessTokenSHA256.* sessionLifetime responseTypes responseModes alwaysRequireRedirectURI
     requireRequestJWTNotBefore maxLifetimeRequestJWTExpiration maxAgeRequestJWTNotBefore oAuthRequestJWTPolicy
     openIDRequestJWTPolicy requestJWSAlgs requestJWEAlgs requestJWEEncs responseJWSAlgs responseJWEAlgs
     responseJWEEncs responseJWTIncludeX5C allowedPKCE requiredPKCE includeClientInfoInAuthPrompt
     includeClientInfoInFinalResponse includeSubjectSessionInFinalResponse
     includeOtherConsentedScopeAndClaimsInPrompt includeRawClaimsRequestInPrompt requestParamsInAuthPrompt
     requestParamsInConsentPrompt alwaysPromptForAuth alwaysPromptForConsent requireIDTokenHintWithPromptNone
     limitToRegisteredScope limitScopeToRegistered customErrorCodes advertisedScopes advertisedClaims
     advertisedDisplayTypes advertisedACRs advertisedUILocales advertisedClaimsLocales`,
  ),
  ...names(
    'op.token',
    `authMethods authJWSAlgs authJWTAudience authJWTAudienceQuery authJWTPreventReplay authJWTExpMaxAhead
     httpMaxRequestSize introspection.jwtType introspection.pruneAudience userinfo.jwtType idToken.jwtType`,
  ),
  ...names('op.userinfo', 'jwsAlgs jweAlgs jweEncs jwtType'),
  ...names(
    'op.logout',
    `endpoint apiAccessTokenSHA256.* sessionLifetime backChannel.httpConnectTimeout backChannel.httpReadTimeout
     backChannel.jwtTypeExplicit`,
  ),
  ...names('op', 'checkSession.iframe checkSession.cookieName tls.clientX509CertHeader dpop.maxClockSkew'),
  ...names(
    'op.ciba',
    `enable tokenDeliveryModes hintTypes requestJWSAlgs bindingMessagePattern supportUserCode defaultRequestLifetime
     maxRequestLifetime pollInterval`,
  ),
  ...names(
    'op.sts',
    `jar.apiAccessTokenSHA256.* privateKeyJWT.apiAccessTokenSHA256.* loginHintToken.apiAccessTokenSHA256.*
     loginHintToken.allowDirectIssue loginHintToken.lifetime`,
  ),
  ...names(
    'op.federation',
    `enable clientRegistrationTypes autoClientAuthMethods.ar autoClientAuthMethods.par autoClientLifetime
     organizationName trustAnchors.* trustAnchorJWKSets.* authorityHints.* constraints.maxPathLength
     constraints.permitted.* constraints.excluded.* ${timeouts} contacts.* policyURI homepageURI logoURI trustMarks.*
     entityStatementLifetime`,
  ),
  ...names(
    'op.assurance',
    `supportsVerifiedClaims supportedTrustFrameworks supportedIdentityEvidenceTypes supportedVerifiedClaims
     supportedDocumentTypes supportedMethodsForDocuments supportedValidationMethodsForDocuments
     supportedVerificationMethodsForDocuments supportedElectronicRecordTypes supportedAttachments
     supportedDigestAlgs`,
  ),
];

const stores = [
  ...names(
    'authzStore',
    `apiAccessTokenSHA256.* secondaryAPIAccessTokenSHA256 code.lifetime accessToken.defaultLifetime accessToken.jwsAlg
     accessToken.jweAlg accessToken.jweEnc accessToken.includeX5C accessToken.disableSubjectSecurity
     accessToken.allowDirectInspection accessToken.codec.jwt.profile accessToken.codec.jwt.copyClientData
     accessToken.codec.jwt.moveAuthzData accessToken.codec.* refreshToken.defaultLifetime refreshToken.defaultRotate
     refreshToken.rotatedReuseGracePeriod revocation.checkBias options.highlyAvailableMode`,
  ),
  ...names(
    'sessionStore',
    `apiAccessTokenSHA256.* secondaryAPIAccessTokenSHA256 maxLifetime authLifetime maxIdleTime quotaPerSubject
     onQuotaExhaustion nativeIdPAppQuotaPerSubject sessionMap.expirationInterval
     internal.subjectIndexPurgeInterval`,
  ),
  ...names(
    'keyStore',
    `encJWK apiAccessTokenSHA256.* defaultRSAKeySize generateIfEmpty.op generateIfEmpty.federation importIfEmpty.op
     importIfEmpty.federation importExp jwkSetCacheLifetime staticJWKSet.op staticJWKSet.federation
     pkcs11.op.configFile pkcs11.federation.configFile pkcs11.op.password pkcs11.federation.password
     pkcs11.op.keyIDs.* pkcs11.federation.keyIDs.*`,
  ),
  ...names('dataSource', 'url user password createTableIfMissing maxPoolSize maxLifetime expiredQueryPageLimit'),
  ...names('dataSource', 'databaseSchema'),
  ...names(
    'dynamodb',
    `region endpoint tablePrefix readCapacity writeCapacity hmacSHA256Key consistentReads.sessionStore.sessionMap
     httpProxyHost httpProxyPort applyRangeKey rangeKeyValue enableContBackups enableDeletionProtection
     enableTTL.sessionStore.sessionMap purgeMaxReadCapacity`,
  ),
  ...names('', 'dynamoDB.hmacSHA256Key'),
  ...names('', 'redisMapHost redisMapPort redisMapPassword redisCacheHost redisCachePort redisCachePassword'),
  ...names('', 'infinispan.defaultExpirationInterval infinispan.configurationFile storage.profile'),
  ...names('tenantRegistry', 'apiAccessTokenSHA256.* issuerCacheLifetime'),
];

const surroundings = [
  ...names(
    'monitor',
    `apiAccessTokenSHA256.* secondaryAPIAccessTokenSHA256 entryCountCacheTimeout enableJMX enableRuntimeMetrics
     graphite.enable graphite.host graphite.port graphite.reportInterval graphite.batchSize graphite.prefix
     graphite.ratesTimeUnit graphite.durationsTimeUnit graphite.filter.*`,
  ),
  ...names(
    'cors',
    `enable allowOrigin allowSubdomains supportedMethods supportedHeaders exposedHeaders supportsCredentials maxAge
     tagRequests`,
  ),
  ...names(
    'op.httpClaimsSource',
    `enable supportedClaims url connectTimeout readTimeout trustSelfSignedCerts apiAccessToken
     includeSubjectSessionID includeSubjectSession includeScope`,
  ),
  ...names(
    'op.ldapClaimsSource',
    `enable attributeMap server.url server.selectionAlgorithm server.connectTimeout server.responseTimeout
     server.security server.connectionPoolSize server.connectionPoolInitialSize server.connectionPoolMaxWaitTime
     server.connectionMaxAge server.trustSelfSignedCerts user.dn user.password search.baseDN search.scope
     search.filter customTrustStore.* customKeyStore.*`,
  ),
  ...names('op.sessionClaimsSource', 'enable supportedClaims'),
  ...names('log4j', 'level loggers.root.appender'),
  ...names('log', 'format file maxFileSize maxFiles'),
  ...names('http', 'host port contextPath trustProxyHeaders bodyLimit keepAliveTimeout requestTimeout'),
];

const plugins = [
  ...names('op.grantHandler.clientCredentials.simpleHandler', `enable ${tokenGroup}`),
  ...names('op.grantHandler.clientCredentials.webAPI', `${webGroup} customParams clientMetadata`),
  ...names('op.grantHandler.password.webAPI', `${webGroup} customParams clientMetadata`),
  ...names(
    'op.grantHandler.tokenExchange.webAPI',
    `${webGroup} customParams clientMetadata subjectToken.types subjectToken.includeRaw subjectToken.jwtVerification.*
     subjectToken.introspection.* actorToken.types actorToken.jwtVerification.* requestedToken.types`,
  ),
  ...names('op.grantHandler.selfIssuedJWTBearer', `enable ${tokenGroup}`),
  ...names(
    'op.deviceSSOHandler',
    `enable scopeRequiringInteraction ${tokenGroup} refreshToken.issue refreshToken.lifetime refreshToken.maxIdleTime
     refreshToken.rotate claimsTransport`,
  ),
  ...names('op.loginHintResolver.webAPI', webGroup),
  ...names('op.ssv', 'enable issuers jwkSetURI jwsAlgorithms requiredClaims scopeRules.* jwtTypes'),
  ...names('op.tokenEventPublisher.sqs', 'enable region queueURL'),
];

/** Ignoring these would drop a protection that the operator asked for, or change who somebody is to a client. */
const protections = [
  ...weighty('false', 'op.par.require op.token.requireClientX509Cert op.ssv.require'),
  ...weighty(
    'false',
    `op.authz.prohibitSwitchBetweenBasicResponseModes op.authz.alwaysRequireSignedRequestJWT
     op.authz.alwaysRequireSignedResponse`,
  ),
  ...weighty(
    'false',
    `op.grantHandler.clientCredentials.simpleHandler.accessToken.encrypt
     op.grantHandler.selfIssuedJWTBearer.accessToken.encrypt op.deviceSSOHandler.accessToken.encrypt`,
  ),
  ...weighty('true', 'cors.allowGenericHttpRequests'),
  ...weighty('negative', 'op.pairwiseSubjects.padLocalSubjectsToLength', 'It decides on all pairwise subjects.'),
  ...weighty('false', 'keyStore.pkcs11.op.enable keyStore.pkcs11.federation.enable', 'PKCS#11 keys are not supported.'),
  ...weighty('false', 'authzStore.options.issueLegacyRefreshTokens', 'The old refresh token format is not supported.'),
];

const outdated: KnownName[] = [
  ...withStatus('deprecated', 'Use op.idToken.ignoreClaimsSourceErrors.', 'op.idToken.ignoreUserInfoError'),
  ...withStatus('deprecated', 'Use authzStore.accessToken.jwsAlg.', 'authzStore.accessToken.jwsAlgorithm'),
  ...withStatus('deprecated', 'Use authzStore.accessToken.jweAlg.', 'authzStore.accessToken.jweAlgorithm'),
  ...withStatus('deprecated', 'Use authzStore.accessToken.jweEnc.', 'authzStore.accessToken.jweMethod'),
  ...withStatus('deprecated', 'Use authzStore.refreshToken.defaultRotate.', 'authzStore.refreshToken.alwaysUpdate'),
  ...withStatus('deprecated', 'Use keyStore.staticJWKSet.op.', 'jose.jwkSet'),
  ...withStatus(
    'deprecated',
    'Use keyStore.staticJWKSet.federation.',
    'jose.federation.jwkSet jose.federationJWKSet op.federationJWKSet',
  ),
  ...withStatus('deprecated', 'Use keyStore.pkcs11.op.', 'pkcs11.configFile pkcs11.password pkcs11.keyIDs.*'),
  ...withStatus('deprecated', 'Use op.sts.jar and op.sts.privateKeyJWT.', 'op.sts.apiAccessTokenSHA256.*'),
  ...withStatus(
    'deprecated',
    'Use op.assurance.supportedDocumentTypes and op.assurance.supportedMethodsForDocuments.',
    'op.assurance.supportedIDDocumentTypes op.assurance.supportedIdentityVerificationMethods',
  ),
  { name: 'pkcs11.enable', status: 'deprecated', ignorable: ['false'], advice: 'PKCS#11 keys are not supported.' },
  {
    name: 'op.sso.disableForSelectedClients',
    status: 'deprecated',
    ignorable: [],
    advice: 'Remove it: clients with single sign-on switched off are not supported.',
  },
  {
    name: 'op.authz.feedSubjectSessionClaimsIntoIDToken',
    status: 'deprecated',
    ignorable: ['true'],
    advice: 'Use op.idToken.includeSubjectSessionClaims: * feeds all claims, a blank value none.',
    conflictsWith: 'op.idToken.includeSubjectSessionClaims',
  },
  ...withStatus(
    'removed',
    'Use op.sso.nativeClientGroup.',
    `op.sso.device.enable op.sso.device.sessionMaxLifetime op.sso.device.sessionAuthLifetime
     op.sso.device.sessionMaxIdleTime`,
  ),
  ...withStatus('removed', 'Use op.federation.httpConnectTimeout.', 'op.federation.httpRequestTimeout'),
  ...withStatus('removed', 'Keys are always stored hashed.', 'authzStore.options.legacyPlainKeysInStorage'),
  ...withStatus('removed', 'RSA keys below 2048 bits are never accepted.', 'jose.allowWeakKeys'),
  ...withStatus(
    'removed',
    'It never was a property: use op.reg.allowOpenRegistration.',
    'op.reg.enableOpenRegistration',
  ),
  ...withStatus(
    'removed',
    'The check is served to whoever has a token of op.configCheck.apiAccessTokenSHA256.',
    'op.configCheck.enable',
  ),
  ...withStatus('removed', 'It is a setting of a login page.', 'c2id.endpoint c2id.ldapAuth.endpoint'),
];

/** Plain tokens, from before the hashed form: they must not stay in a file. */
const plainTokens: KnownName[] = [
  'op.reg.apiAccessToken',
  'op.authz.apiAccessToken',
  'op.logout.apiAccessToken',
  'sessionStore.apiAccessToken',
  'authzStore.apiAccessToken',
  'monitor.apiAccessToken',
].map((name) => ({
  name,
  status: 'refused',
  advice: `Remove the plain token, and set ${name}SHA256 to its SHA-256 hash in hexadecimal.`,
}));

/** Every property name of the compatibility target, current and historic. */
export const knownNames: readonly KnownName[] = [
  ...provider,
  ...stores,
  ...surroundings,
  ...plugins,
  ...protections,
  ...outdated,
  ...plainTokens,
];
