'use strict';
var __webpack_modules__ = {
	832: (e,t,s)=>{var i=t,r=s(16),n=s(480),a=s(982),o=s(638)(1e3);function h(e,t,s){return a.createHmac("sha256",e).update(t,"utf8").digest(s)}function c(e,t){return a.createHash("sha256").update(e,"utf8").digest(t)}function u(e){return e.replace(/[!'()*]/g,function(e){return"%"+e.charCodeAt(0).toString(16).toUpperCase()})}function d(e){return u(encodeURIComponent(e))}var p={authorization:!0,connection:!0,"x-amzn-trace-id":!0,"user-agent":!0,expect:!0,"presigned-expires":!0,range:!0};function m(e,t){"string"==typeof e&&(e=r.parse(e));var s=e.headers=Object.assign({},e.headers||{}),i=(!this.service||!this.region)&&this.matchHost(e.hostname||e.host||s.Host||s.host);this.request=e,this.credentials=t||this.defaultCredentials(),this.service=e.service||i[0]||"",this.region=e.region||i[1]||"us-east-1","email"===this.service&&(this.service="ses"),!e.method&&e.body&&(e.method="POST"),s.Host||s.host||(s.Host=e.hostname||e.host||this.createHost(),e.port&&(s.Host+=":"+e.port)),e.hostname||e.host||(e.hostname=s.Host||s.host),this.isCodeCommitGit="codecommit"===this.service&&"GIT"===e.method,this.extraHeadersToIgnore=e.extraHeadersToIgnore||Object.create(null),this.extraHeadersToInclude=e.extraHeadersToInclude||Object.create(null)}m.prototype.matchHost=function(e){var t=((e||"").match(/([^\.]{1,63})\.(?:([^\.]{0,63})\.)?amazonaws\.com(\.cn)?$/)||[]).slice(1,3);if("es"!==t[1]&&"aoss"!==t[1]||(t=t.reverse()),"s3"==t[1])t[0]="s3",t[1]="us-east-1";else for(var s=0;s<2;s++)if(/^s3-/.test(t[s])){t[1]=t[s].slice(3),t[0]="s3";break}return t},m.prototype.isSingleRegion=function(){return["s3","sdb"].indexOf(this.service)>=0&&"us-east-1"===this.region||["cloudfront","ls","route53","iam","importexport","sts"].indexOf(this.service)>=0},m.prototype.createHost=function(){var e=this.isSingleRegion()?"":"."+this.region;return("ses"===this.service?"email":this.service)+e+".amazonaws.com"},m.prototype.prepareRequest=function(){this.parsePath();var e,t=this.request,s=t.headers;t.signQuery?(this.parsedPath.query=e=this.parsedPath.query||{},this.credentials.sessionToken&&(e["X-Amz-Security-Token"]=this.credentials.sessionToken),"s3"!==this.service||e["X-Amz-Expires"]||(e["X-Amz-Expires"]=86400),e["X-Amz-Date"]?this.datetime=e["X-Amz-Date"]:e["X-Amz-Date"]=this.getDateTime(),e["X-Amz-Algorithm"]="AWS4-HMAC-SHA256",e["X-Amz-Credential"]=this.credentials.accessKeyId+"/"+this.credentialString(),e["X-Amz-SignedHeaders"]=this.signedHeaders()):(t.doNotModifyHeaders||this.isCodeCommitGit||(!t.body||s["Content-Type"]||s["content-type"]||(s["Content-Type"]="application/x-www-form-urlencoded; charset=utf-8"),!t.body||s["Content-Length"]||s["content-length"]||(s["Content-Length"]=Buffer.byteLength(t.body)),!this.credentials.sessionToken||s["X-Amz-Security-Token"]||s["x-amz-security-token"]||(s["X-Amz-Security-Token"]=this.credentials.sessionToken),"s3"!==this.service||s["X-Amz-Content-Sha256"]||s["x-amz-content-sha256"]||(s["X-Amz-Content-Sha256"]=c(this.request.body||"","hex")),s["X-Amz-Date"]||s["x-amz-date"]?this.datetime=s["X-Amz-Date"]||s["x-amz-date"]:s["X-Amz-Date"]=this.getDateTime()),delete s.Authorization,delete s.authorization)},m.prototype.sign=function(){return this.parsedPath||this.prepareRequest(),this.request.signQuery?this.parsedPath.query["X-Amz-Signature"]=this.signature():this.request.headers.Authorization=this.authHeader(),this.request.path=this.formatPath(),this.request},m.prototype.getDateTime=function(){if(!this.datetime){var e=this.request.headers,t=new Date(e.Date||e.date||new Date);this.datetime=t.toISOString().replace(/[:\-]|\.\d{3}/g,""),this.isCodeCommitGit&&(this.datetime=this.datetime.slice(0,-1))}return this.datetime},m.prototype.getDate=function(){return this.getDateTime().substr(0,8)},m.prototype.authHeader=function(){return["AWS4-HMAC-SHA256 Credential="+this.credentials.accessKeyId+"/"+this.credentialString(),"SignedHeaders="+this.signedHeaders(),"Signature="+this.signature()].join(", ")},m.prototype.signature=function(){var e,t,s,i=this.getDate(),r=[this.credentials.secretAccessKey,i,this.region,this.service].join(),n=o.get(r);return n||(e=h("AWS4"+this.credentials.secretAccessKey,i),t=h(e,this.region),s=h(t,this.service),n=h(s,"aws4_request"),o.set(r,n)),h(n,this.stringToSign(),"hex")},m.prototype.stringToSign=function(){return["AWS4-HMAC-SHA256",this.getDateTime(),this.credentialString(),c(this.canonicalString(),"hex")].join("\n")},m.prototype.canonicalString=function(){this.parsedPath||this.prepareRequest();var e,t=this.parsedPath.path,s=this.parsedPath.query,i=this.request.headers,r="",n="s3"!==this.service,a="s3"===this.service||this.request.doNotEncodePath,o="s3"===this.service,h="s3"===this.service;if(e="s3"===this.service&&this.request.signQuery?"UNSIGNED-PAYLOAD":this.isCodeCommitGit?"":i["X-Amz-Content-Sha256"]||i["x-amz-content-sha256"]||c(this.request.body||"","hex"),s){var u=Object.keys(s).reduce(function(e,t){return t?(e[d(t)]=Array.isArray(s[t])&&h?s[t][0]:s[t],e):e},{}),p=[];Object.keys(u).sort().forEach(function(e){Array.isArray(u[e])?u[e].map(d).sort().forEach(function(t){p.push(e+"="+t)}):p.push(e+"="+d(u[e]))}),r=p.join("&")}return"/"!==t&&(n&&(t=t.replace(/\/{2,}/g,"/")),"/"!==(t=t.split("/").reduce(function(e,t){return n&&".."===t?e.pop():n&&"."===t||(a&&(t=decodeURIComponent(t.replace(/\+/g," "))),e.push(d(t))),e},[]).join("/"))[0]&&(t="/"+t),o&&(t=t.replace(/%2F/g,"/"))),[this.request.method||"GET",t,r,this.canonicalHeaders()+"\n",this.signedHeaders(),e].join("\n")},m.prototype.filterHeaders=function(){var e=this.request.headers,t=this.extraHeadersToInclude,s=this.extraHeadersToIgnore;this.filteredHeaders=Object.keys(e).map(function(t){return[t.toLowerCase(),e[t]]}).filter(function(e){return t[e[0]]||null==p[e[0]]&&!s[e[0]]}).sort(function(e,t){return e[0]<t[0]?-1:1})},m.prototype.canonicalHeaders=function(){return this.filteredHeaders||this.filterHeaders(),this.filteredHeaders.map(function(e){return e[0]+":"+e[1].toString().trim().replace(/\s+/g," ")}).join("\n")},m.prototype.signedHeaders=function(){return this.filteredHeaders||this.filterHeaders(),this.filteredHeaders.map(function(e){return e[0]}).join(";")},m.prototype.credentialString=function(){return[this.getDate(),this.region,this.service,"aws4_request"].join("/")},m.prototype.defaultCredentials=function(){var e=process.env;return{accessKeyId:e.AWS_ACCESS_KEY_ID||e.AWS_ACCESS_KEY,secretAccessKey:e.AWS_SECRET_ACCESS_KEY||e.AWS_SECRET_KEY,sessionToken:e.AWS_SESSION_TOKEN}},m.prototype.parsePath=function(){var e=this.request.path||"/";/[^0-9A-Za-z;,/?:@&=+$\-_.!~*'()#%]/.test(e)&&(e=encodeURI(decodeURI(e)));var t=e.indexOf("?"),s=null;t>=0&&(s=n.parse(e.slice(t+1)),e=e.slice(0,t)),this.parsedPath={path:e,query:s}},m.prototype.formatPath=function(){var e=this.parsedPath.path,t=this.parsedPath.query;return t?(null!=t[""]&&delete t[""],e+"?"+u(n.stringify(t))):e},i.RequestSigner=m,i.sign=function(e,t){return new m(e,t).sign()}},
	638: t=>{function e(t){this.capacity=0|t,this.map=Object.create(null),this.list=new i}function i(){this.firstNode=null,this.lastNode=null}function n(t,e){this.key=t,this.val=e,this.prev=null,this.next=null}t.exports=function(t){return new e(t)},e.prototype.get=function(t){var e=this.map[t];if(null!=e)return this.used(e),e.val},e.prototype.set=function(t,e){var i=this.map[t];if(null!=i)i.val=e;else{if(this.capacity||this.prune(),!this.capacity)return!1;i=new n(t,e),this.map[t]=i,this.capacity--}return this.used(i),!0},e.prototype.used=function(t){this.list.moveToFront(t)},e.prototype.prune=function(){var t=this.list.pop();null!=t&&(delete this.map[t.key],this.capacity++)},i.prototype.moveToFront=function(t){this.firstNode!=t&&(this.remove(t),null==this.firstNode?(this.firstNode=t,this.lastNode=t,t.prev=null,t.next=null):(t.prev=null,t.next=this.firstNode,t.next.prev=t,this.firstNode=t))},i.prototype.pop=function(){var t=this.lastNode;return null!=t&&this.remove(t),t},i.prototype.remove=function(t){this.firstNode==t?this.firstNode=t.next:null!=t.prev&&(t.prev.next=t.next),this.lastNode==t?this.lastNode=t.prev:null!=t.next&&(t.next.prev=t.prev)}},
	770: (module, __unused_webpack_exports, __nccwpck_require__) => {
		module.exports = __nccwpck_require__(218);
	},
	218: (e,t,o)=>{o(278);var r,s=o(756),n=o(611),c=o(692),i=o(434),u=(o(613),o(23));function a(e){var t=this;t.options=e||{},t.proxyOptions=t.options.proxy||{},t.maxSockets=t.options.maxSockets||n.Agent.defaultMaxSockets,t.requests=[],t.sockets=[],t.on("free",function(e,o,r,s){for(var n=p(o,r,s),c=0,i=t.requests.length;c<i;++c){var u=t.requests[c];if(u.host===n.host&&u.port===n.port)return t.requests.splice(c,1),u.request.onSocket(e),void 0}e.destroy(),t.removeSocket(e)})}function l(e,t){var o=this;a.prototype.createSocket.call(o,e,function(r){var n=e.request.getHeader("host"),c=d({},o.options,{socket:r,servername:n?n.replace(/:.*$/,""):e.host}),i=s.connect(0,c);o.sockets[o.sockets.indexOf(r)]=i,t(i)})}function p(e,t,o){return"string"==typeof e?{host:e,port:t,localAddress:o}:e}function d(e){for(var t=1,o=arguments.length;t<o;++t){var r=arguments[t];if("object"==typeof r)for(var s=Object.keys(r),n=0,c=s.length;n<c;++n){var i=s[n];void 0!==r[i]&&(e[i]=r[i])}}return e}t.httpOverHttp=function(e){var t=new a(e);return t.request=n.request,t},t.httpsOverHttp=function(e){var t=new a(e);return t.request=n.request,t.createSocket=l,t.defaultPort=443,t},t.httpOverHttps=function(e){var t=new a(e);return t.request=c.request,t},t.httpsOverHttps=function(e){var t=new a(e);return t.request=c.request,t.createSocket=l,t.defaultPort=443,t},u.inherits(a,i.EventEmitter),a.prototype.addRequest=function(e,t,o,r){var s=this,n=d({request:e},s.options,p(t,o,r));if(s.sockets.length>=this.maxSockets)return s.requests.push(n),void 0;s.createSocket(n,function(t){function o(){s.emit("free",t,n)}function r(e){s.removeSocket(t),t.removeListener("free",o),t.removeListener("close",r),t.removeListener("agentRemove",r)}t.on("free",o),t.on("close",r),t.on("agentRemove",r),e.onSocket(t)})},a.prototype.createSocket=function(e,t){var o=this,s={};o.sockets.push(s);var n=d({},o.proxyOptions,{method:"CONNECT",path:e.host+":"+e.port,agent:!1,headers:{host:e.host+":"+e.port}});e.localAddress&&(n.localAddress=e.localAddress),n.proxyAuth&&(n.headers=n.headers||{},n.headers["Proxy-Authorization"]="Basic "+new Buffer(n.proxyAuth).toString("base64")),r("making CONNECT request");var c=o.request(n);function i(n,i,u){var a;return c.removeAllListeners(),i.removeAllListeners(),200!==n.statusCode?(r("tunneling socket could not be established, statusCode=%d",n.statusCode),i.destroy(),(a=new Error("tunneling socket could not be established, statusCode="+n.statusCode)).code="ECONNRESET",e.request.emit("error",a),o.removeSocket(s),void 0):u.length>0?(r("got illegal response body from proxy"),i.destroy(),(a=new Error("got illegal response body from proxy")).code="ECONNRESET",e.request.emit("error",a),o.removeSocket(s),void 0):(r("tunneling connection has established"),o.sockets[o.sockets.indexOf(s)]=i,t(i))}c.useChunkedEncodingByDefault=!1,c.once("response",function(e){e.upgrade=!0}),c.once("upgrade",function(e,t,o){process.nextTick(function(){i(e,t,o)})}),c.once("connect",i),c.once("error",function(t){c.removeAllListeners(),r("tunneling socket could not be established, cause=%s\n",t.message,t.stack);var n=new Error("tunneling socket could not be established, cause="+t.message);n.code="ECONNRESET",e.request.emit("error",n),o.removeSocket(s)}),c.end()},a.prototype.removeSocket=function(e){var t=this.sockets.indexOf(e);if(-1!==t){this.sockets.splice(t,1);var o=this.requests.shift();o&&this.createSocket(o,function(e){o.request.onSocket(e)})}},r=process.env.NODE_DEBUG&&/\btunnel\b/.test(process.env.NODE_DEBUG)?function(){var e=Array.prototype.slice.call(arguments);"string"==typeof e[0]?e[0]="TUNNEL: "+e[0]:e.unshift("TUNNEL:"),console.error.apply(console,e)}:function(){}},
	613: (module) => {
		module.exports = require('assert');
	},
	982: (module) => {
		module.exports = require('crypto');
	},
	434: (module) => {
		module.exports = require('events');
	},
	611: (module) => {
		module.exports = require('http');
	},
	692: (module) => {
		module.exports = require('https');
	},
	278: (module) => {
		module.exports = require('net');
	},
	522: (module) => {
		module.exports = require('node:zlib');
	},
	480: (module) => {
		module.exports = require('querystring');
	},
	756: (module) => {
		module.exports = require('tls');
	},
	16: (module) => {
		module.exports = require('url');
	},
	23: (module) => {
		module.exports = require('util');
	},
	541: (e,t)=>{
/*!
 * content-disposition
 * Copyright(c) 2014-2017 Douglas Christopher Wilson
 * MIT Licensed
 */
t.qg=function(e,t){const r=e.length,o=!0===t?.multipart,u=!1!==t?.extended;let l=m(e,0,e.length);const d=l;l=g(e,l,r);const h=w(e,d,l),C=e.slice(d,h).toLowerCase(),p=new n;e:for(;l<r;){l=m(e,l+1,r);const t=l;for(;l<r;){const n=e.charCodeAt(l);if(n===c)continue e;if(n===i){const n=w(e,t,l),c=e.slice(t,n).toLowerCase();if(l=m(e,l+1,r),l<r&&e.charCodeAt(l)===f){l++;let t="";if(o)for(;l<r;){const n=e.charCodeAt(l++);if(n===f){l=g(e,l,r),void 0===p[c]&&(p[c]=t);break}if(37===n&&l+1<r){const n=e.charCodeAt(l),r=e.charCodeAt(l+1);if(50===n&&50===r){t+='"',l+=2;continue}if(48===n){if(100===r||68===r){t+="\r",l+=2;continue}if(97===r||65===r){t+="\n",l+=2;continue}}}t+=String.fromCharCode(n)}else for(;l<r;){const n=e.charCodeAt(l++);if(n===f){l=g(e,l,r),void 0===p[c]&&(p[c]=t);break}n===s&&l<r?t+=e[l++]:t+=String.fromCharCode(n)}continue e}const i=l;l=g(e,l,r);const d=w(e,i,l),h=e.slice(i,d);if(void 0===p[c]&&(p[c]=h,u&&c.charCodeAt(c.length-1)===a)){const e=c.slice(0,-1),t=A(h);void 0!==t&&(p[e]=t)}continue e}l++}}return{type:C,parameters:p}};const n=(()=>{const e=function(){};return e.prototype=Object.create(null),e})();const r=32,o=9,c=59,i=61,f=34,s=92,a=42;const u=/[\x00-\x20"'()*,/:;<=>?@[\\\]{}\x7f]/g,l=/[^\x20-\x7e]/g,d=/[\\"]/g,h=/%[0-9A-Fa-f]{2}/,C=/^[\x20-\x7e\x80-\xff]*$/,p=/^[\x20-\x7e]*$/,x=/^[!#$%&'*+.0-9A-Z^_`a-z|~-]+$/;function A(e){const t=e.indexOf("'");if(t<=0)return;const n=e.indexOf("'",t+1);if(-1===n)return;const r=e.slice(0,t).toLowerCase(),o=e.slice(n+1);switch(r){case"iso-8859-1":return function(e){const t=e.indexOf("%");if(-1===t)return e;let n=e.slice(0,t);for(let r=t;r<e.length;r++)"%"===e[r]&&r+2<e.length&&S(e[r+1])&&S(e[r+2])?(n+=String.fromCharCode(Number.parseInt(e[r+1]+e[r+2],16)),r+=2):n+=e[r];return n}(o);case"utf-8":case"utf8":return function(e){try{return decodeURIComponent(e)}catch{return}}(o)}}function g(e,t,n){for(;t<n;){if(e.charCodeAt(t)===c)break;t++}return t}function m(e,t,n){for(;t<n;){const n=e.charCodeAt(t);if(n!==r&&n!==o)break;t++}return t}function w(e,t,n){for(;n>t;){const t=e.charCodeAt(n-1);if(t!==r&&t!==o)break;n--}return n}function y(e,t){const{type:n,parameters:r}=e,o=!0===t?.multipart,c=!1!==t?.extended;if(!n||!x.test(n))throw new TypeError("Invalid type: "+n);let i=n;if(r)for(const e of Object.keys(r)){const t=r[e];if(!x.test(e))throw new TypeError("Invalid parameter name: "+e);if(o)i+="; "+e+"="+I(t);else if(x.test(t))i+="; "+e+"="+t;else if(C.test(t))i+="; "+e+"="+k(t);else{if(!c)throw new TypeError("Invalid parameter value: "+t);i+="; "+e+"*="+$(t)}}return i}function b(e){return e.replace(l,"?")}function v(e){return"%"+e.charCodeAt(0).toString(16).toUpperCase()}function k(e){return'"'+e.replace(d,"\\$&")+'"'}function I(e){return'"'+e.replace(/[\n\r"]/g,O)+'"'}function O(e){return"\n"===e?"%0A":"\r"===e?"%0D":"%22"}function $(e){return"UTF-8''"+encodeURIComponent(e).replace(u,v)}function S(e){const t=e.charCodeAt(0);return t>=48&&t<=57||t>=65&&t<=70||t>=97&&t<=102}},
};
var __webpack_module_cache__ = {};
function __nccwpck_require__(moduleId) {
	var cachedModule = __webpack_module_cache__[moduleId];
	if (cachedModule !== undefined) {
		return cachedModule.exports;
	}
	var module = (__webpack_module_cache__[moduleId] = {
		exports: {},
	});
	var threw = true;
	try {
		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
		threw = false;
	} finally {
		if (threw) delete __webpack_module_cache__[moduleId];
	}
	return module.exports;
}
(() => {
	var getProto = Object.getPrototypeOf ? (obj) => Object.getPrototypeOf(obj) : (obj) => obj.__proto__;
	var leafPrototypes;
	__nccwpck_require__.t = function (value, mode) {
		if (mode & 1) value = this(value);
		if (mode & 8) return value;
		if (typeof value === 'object' && value) {
			if (mode & 4 && value.__esModule) return value;
			if (mode & 16 && typeof value.then === 'function') return value;
		}
		var ns = Object.create(null);
		__nccwpck_require__.r(ns);
		var def = {};
		leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
		for (var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
			Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => value[key]));
		}
		def['default'] = () => value;
		__nccwpck_require__.d(ns, def);
		return ns;
	};
})();
(() => {
	__nccwpck_require__.d = (exports, definition) => {
		for (var key in definition) {
			if (__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
			}
		}
	};
})();
(() => {
	__nccwpck_require__.o = (obj, prop) => Object.prototype.hasOwnProperty.call(obj, prop);
})();
(() => {
	__nccwpck_require__.r = (exports) => {
		if (typeof Symbol !== 'undefined' && Symbol.toStringTag) {
			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
		}
		Object.defineProperty(exports, '__esModule', { value: true });
	};
})();
var __webpack_exports__ = {};
class TransientError extends Error {
	name = 'TransientError';
	reason;
	retryAfterMs;
	isRateLimit;
	hint;
	problem;
	isUnsent;
	constructor(message, reason, options = {}) {
		super(message, options);
		this.reason = reason;
		this.retryAfterMs = options.retryAfterMs;
		this.isRateLimit = options.isRateLimit ?? false;
		this.hint = options.hint;
		this.isUnsent = options.isUnsent ?? false;
		this.problem = options.problem ?? (this.isRateLimit ? 'rate-limited' : undefined);
	}
}
class HtmlInsteadOfJson extends TransientError {
	name = 'HtmlInsteadOfJson';
	constructor(message) {
		super(message, 'bad-response', { problem: 'html-page' });
	}
}
class PermanentError extends Error {
	name = 'PermanentError';
	reason;
	needsGrace;
	tokenEnded;
	problem;
	isUnsent;
	constructor(message, reason, options = {}) {
		super(message, options);
		this.reason = reason;
		this.problem = options.problem ?? (reason === 'not-found' ? 'unknown-id' : undefined);
		this.needsGrace = options.needsGrace ?? false;
		this.tokenEnded = options.tokenEnded ?? false;
		this.isUnsent = options.isUnsent ?? false;
	}
}
class CredentialsRejected extends PermanentError {
	name = 'CredentialsRejected';
	constructor(message) {
		super(message, 'rejected', { problem: 'token-rejected' });
	}
}
class Cancelled extends Error {
	name = 'Cancelled';
	constructor() {
		super('the step was cancelled');
	}
}
class BadInputs extends Error {
	name = 'BadInputs';
	constructor(problems) {
		super(`These inputs need a change:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
	}
}
const stopSignal = listenForSignals();
function listenForSignals() {
	const stop = new AbortController();
	for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK']) {
		process.on(name, () => {
			process.exitCode = 1;
			stop.abort(new Cancelled());
		});
	}
	return stop.signal;
}
async function hearSignals() {
	await (0, require('node:timers/promises').setImmediate)();
	await (0, require('node:timers/promises').setImmediate)();
}
function limitMemoryFrom(callback) {
	let isLimited = false;
	return (value) => {
		if (!isLimited) limitMemory();
		isLimited = true;
		callback(value);
	};
}
function limitMemory() {
	(0, require('node:v8').setFlagsFromString)('--semi-space-growth-factor=1');
	(0, require('node:v8').setFlagsFromString)('--heap-growing-percent=20');
}
function prepareProcess(onUncaught) {
	process.on('uncaughtException', () => {
		onUncaught();
		process.exit(1);
	});
	process.noDeprecation = true;
	process.exitCode = 1;
	process.stdout.on('error', () => undefined);
}
async function endProcess() {
	await hearSignals();
	process.stdout.write('', () => setTimeout(() => process.exit(), 100).unref());
}
const os_module = require('os');
function utils_toCommandValue(n){return null==n?"":"string"==typeof n||n instanceof String?n:JSON.stringify(n)}function utils_toCommandProperties(n){return Object.keys(n).length?{title:n.title,file:n.file,line:n.startLine,endLine:n.endLine,col:n.startColumn,endColumn:n.endColumn}:{}};
function command_issueCommand(e,t,s){const r=new Command(e,t,s);process.stdout.write(r.toString()+os_module.EOL)}function command_issue(e,t=""){command_issueCommand(e,{},t)}class Command{constructor(e,t,s){e||(e="missing.command"),this.command=e,this.properties=t,this.message=s}toString(){let e="::"+this.command;if(this.properties&&Object.keys(this.properties).length>0){e+=" ";let t=!0;for(const s in this.properties)if(this.properties.hasOwnProperty(s)){const r=this.properties[s];r&&(t?t=!1:e+=",",e+=`${s}=${escapeProperty(r)}`)}}var t;return e+=`::${t=this.message,utils_toCommandValue(t).replace(/%/g,"%25").replace(/\r/g,"%0D").replace(/\n/g,"%0A")}`,e}}function escapeProperty(e){return utils_toCommandValue(e).replace(/%/g,"%25").replace(/\r/g,"%0D").replace(/\n/g,"%0A").replace(/:/g,"%3A").replace(/,/g,"%2C")};
const fs_module = require('fs');
function file_command_issueFileCommand(e,n){const t=process.env[`GITHUB_${e}`];if(!t)throw new Error(`Unable to find environment variable for file command ${e}`);if(!fs_module.existsSync(t))throw new Error(`Missing file at path: ${t}`);fs_module.appendFileSync(t,`${utils_toCommandValue(n)}${os_module.EOL}`,{encoding:"utf8"})}function file_command_prepareKeyValueMessage(e,n){const t=`ghadelimiter_${require("crypto").randomUUID()}`,a=utils_toCommandValue(n);if(e.includes(t))throw new Error(`Unexpected input: name should not contain the delimiter "${t}"`);if(a.includes(t))throw new Error(`Unexpected input: value should not contain the delimiter "${t}"`);return`${e}<<${t}${os_module.EOL}${a}${os_module.EOL}${t}`};
const path_module = require('path');
function getProxyUrl(t){const e="https:"===t.protocol;if(function(t){if(!t.hostname)return!1;const e=t.hostname;if(function(t){const e=t.toLowerCase();return"localhost"===e||e.startsWith("127.")||e.startsWith("[::1]")||e.startsWith("[0:0:0:0:0:0:0:1]")}(e))return!0;const s=process.env.no_proxy||process.env.NO_PROXY||"";if(!s)return!1;let r;t.port?r=Number(t.port):"http:"===t.protocol?r=80:"https:"===t.protocol&&(r=443);const o=[t.hostname.toUpperCase()];"number"==typeof r&&o.push(`${o[0]}:${r}`);for(const t of s.split(",").map(t=>t.trim().toUpperCase()).filter(t=>t))if("*"===t||o.some(e=>e===t||e.endsWith(`.${t}`)||t.startsWith(".")&&e.endsWith(`${t}`)))return!0;return!1}(t))return;const s=e?process.env.https_proxy||process.env.HTTPS_PROXY:process.env.http_proxy||process.env.HTTP_PROXY;if(s)try{return new DecodedURL(s)}catch(t){if(!s.startsWith("http://")&&!s.startsWith("https://"))return new DecodedURL(`http://${s}`)}}class DecodedURL extends URL{constructor(t,e){super(t,e),this._decodedUsername=decodeURIComponent(super.username),this._decodedPassword=decodeURIComponent(super.password)}get username(){return this._decodedUsername}get password(){return this._decodedPassword}};
function ProxyAgent() {
	throw new Error('this bundle is built without undici: use HttpClient.getAgent, or take the stub out of tsconfig.json');
}
var HttpCodes,Headers,MediaTypes,__awaiter=function(e,t,s,r){return new(s||(s=Promise))(function(o,i){function n(e){try{d(r.next(e))}catch(e){i(e)}}function a(e){try{d(r.throw(e))}catch(e){i(e)}}function d(e){var t;e.done?o(e.value):(t=e.value,t instanceof s?t:new s(function(e){e(t)})).then(n,a)}d((r=r.apply(e,t||[])).next())})};!function(e){e[e.OK=200]="OK",e[e.MultipleChoices=300]="MultipleChoices",e[e.MovedPermanently=301]="MovedPermanently",e[e.ResourceMoved=302]="ResourceMoved",e[e.SeeOther=303]="SeeOther",e[e.NotModified=304]="NotModified",e[e.UseProxy=305]="UseProxy",e[e.SwitchProxy=306]="SwitchProxy",e[e.TemporaryRedirect=307]="TemporaryRedirect",e[e.PermanentRedirect=308]="PermanentRedirect",e[e.BadRequest=400]="BadRequest",e[e.Unauthorized=401]="Unauthorized",e[e.PaymentRequired=402]="PaymentRequired",e[e.Forbidden=403]="Forbidden",e[e.NotFound=404]="NotFound",e[e.MethodNotAllowed=405]="MethodNotAllowed",e[e.NotAcceptable=406]="NotAcceptable",e[e.ProxyAuthenticationRequired=407]="ProxyAuthenticationRequired",e[e.RequestTimeout=408]="RequestTimeout",e[e.Conflict=409]="Conflict",e[e.Gone=410]="Gone",e[e.TooManyRequests=429]="TooManyRequests",e[e.InternalServerError=500]="InternalServerError",e[e.NotImplemented=501]="NotImplemented",e[e.BadGateway=502]="BadGateway",e[e.ServiceUnavailable=503]="ServiceUnavailable",e[e.GatewayTimeout=504]="GatewayTimeout"}(HttpCodes||(HttpCodes={})),function(e){e.Accept="accept",e.ContentType="content-type"}(Headers||(Headers={})),function(e){e.ApplicationJson="application/json"}(MediaTypes||(MediaTypes={}));const HttpRedirectCodes=[HttpCodes.MovedPermanently,HttpCodes.ResourceMoved,HttpCodes.SeeOther,HttpCodes.TemporaryRedirect,HttpCodes.PermanentRedirect],HttpResponseRetryCodes=[HttpCodes.BadGateway,HttpCodes.ServiceUnavailable,HttpCodes.GatewayTimeout],RetryableHttpVerbs=["OPTIONS","GET","DELETE","HEAD"];class HttpClientError extends Error{constructor(e,t){super(e),this.name="HttpClientError",this.statusCode=t,Object.setPrototypeOf(this,HttpClientError.prototype)}}class HttpClientResponse{constructor(e){this.message=e}readBody(){return __awaiter(this,void 0,void 0,function*(){return new Promise(e=>__awaiter(this,void 0,void 0,function*(){let t=Buffer.alloc(0);this.message.on("data",e=>{t=Buffer.concat([t,e])}),this.message.on("end",()=>{e(t.toString())})}))})}readBodyBuffer(){return __awaiter(this,void 0,void 0,function*(){return new Promise(e=>__awaiter(this,void 0,void 0,function*(){const t=[];this.message.on("data",e=>{t.push(e)}),this.message.on("end",()=>{e(Buffer.concat(t))})}))})}}class HttpClient{constructor(e,t,s){this._ignoreSslError=!1,this._allowRedirects=!0,this._allowRedirectDowngrade=!1,this._maxRedirects=50,this._allowRetries=!1,this._maxRetries=1,this._keepAlive=!1,this._disposed=!1,this.userAgent=this._getUserAgentWithOrchestrationId(e),this.handlers=t||[],this.requestOptions=s,s&&(null!=s.ignoreSslError&&(this._ignoreSslError=s.ignoreSslError),this._socketTimeout=s.socketTimeout,null!=s.allowRedirects&&(this._allowRedirects=s.allowRedirects),null!=s.allowRedirectDowngrade&&(this._allowRedirectDowngrade=s.allowRedirectDowngrade),null!=s.maxRedirects&&(this._maxRedirects=Math.max(s.maxRedirects,0)),null!=s.keepAlive&&(this._keepAlive=s.keepAlive),null!=s.allowRetries&&(this._allowRetries=s.allowRetries),null!=s.maxRetries&&(this._maxRetries=s.maxRetries))}options(e,t){return __awaiter(this,void 0,void 0,function*(){return this.request("OPTIONS",e,null,t||{})})}get(e,t){return __awaiter(this,void 0,void 0,function*(){return this.request("GET",e,null,t||{})})}del(e,t){return __awaiter(this,void 0,void 0,function*(){return this.request("DELETE",e,null,t||{})})}post(e,t,s){return __awaiter(this,void 0,void 0,function*(){return this.request("POST",e,t,s||{})})}patch(e,t,s){return __awaiter(this,void 0,void 0,function*(){return this.request("PATCH",e,t,s||{})})}put(e,t,s){return __awaiter(this,void 0,void 0,function*(){return this.request("PUT",e,t,s||{})})}head(e,t){return __awaiter(this,void 0,void 0,function*(){return this.request("HEAD",e,null,t||{})})}sendStream(e,t,s,r){return __awaiter(this,void 0,void 0,function*(){return this.request(e,t,s,r)})}getJson(e){return __awaiter(this,arguments,void 0,function*(e,t={}){t[Headers.Accept]=this._getExistingOrDefaultHeader(t,Headers.Accept,MediaTypes.ApplicationJson);const s=yield this.get(e,t);return this._processResponse(s,this.requestOptions)})}postJson(e,t){return __awaiter(this,arguments,void 0,function*(e,t,s={}){const r=JSON.stringify(t,null,2);s[Headers.Accept]=this._getExistingOrDefaultHeader(s,Headers.Accept,MediaTypes.ApplicationJson),s[Headers.ContentType]=this._getExistingOrDefaultContentTypeHeader(s,MediaTypes.ApplicationJson);const o=yield this.post(e,r,s);return this._processResponse(o,this.requestOptions)})}putJson(e,t){return __awaiter(this,arguments,void 0,function*(e,t,s={}){const r=JSON.stringify(t,null,2);s[Headers.Accept]=this._getExistingOrDefaultHeader(s,Headers.Accept,MediaTypes.ApplicationJson),s[Headers.ContentType]=this._getExistingOrDefaultContentTypeHeader(s,MediaTypes.ApplicationJson);const o=yield this.put(e,r,s);return this._processResponse(o,this.requestOptions)})}patchJson(e,t){return __awaiter(this,arguments,void 0,function*(e,t,s={}){const r=JSON.stringify(t,null,2);s[Headers.Accept]=this._getExistingOrDefaultHeader(s,Headers.Accept,MediaTypes.ApplicationJson),s[Headers.ContentType]=this._getExistingOrDefaultContentTypeHeader(s,MediaTypes.ApplicationJson);const o=yield this.patch(e,r,s);return this._processResponse(o,this.requestOptions)})}request(e,t,s,r){return __awaiter(this,void 0,void 0,function*(){if(this._disposed)throw new Error("Client has already been disposed.");const o=new URL(t);let i=this._prepareRequest(e,o,r);const n=this._allowRetries&&RetryableHttpVerbs.includes(e)?this._maxRetries+1:1;let a,d=0;do{if(a=yield this.requestRaw(i,s),a&&a.message&&a.message.statusCode===HttpCodes.Unauthorized){let e;for(const t of this.handlers)if(t.canHandleAuthentication(a)){e=t;break}return e?e.handleAuthentication(this,i,s):a}let t=this._maxRedirects;for(;a.message.statusCode&&HttpRedirectCodes.includes(a.message.statusCode)&&this._allowRedirects&&t>0;){const n=a.message.headers.location;if(!n)break;const d=new URL(n);if("https:"===o.protocol&&o.protocol!==d.protocol&&!this._allowRedirectDowngrade)throw new Error("Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.");if(yield a.readBody(),d.hostname!==o.hostname)for(const e in r)"authorization"===e.toLowerCase()&&delete r[e];i=this._prepareRequest(e,d,r),a=yield this.requestRaw(i,s),t--}if(!a.message.statusCode||!HttpResponseRetryCodes.includes(a.message.statusCode))return a;d+=1,d<n&&(yield a.readBody(),yield this._performExponentialBackoff(d))}while(d<n);return a})}dispose(){this._agent&&this._agent.destroy(),this._disposed=!0}requestRaw(e,t){return __awaiter(this,void 0,void 0,function*(){return new Promise((s,r)=>{this.requestRawWithCallback(e,t,function(e,t){e?r(e):t?s(t):r(new Error("Unknown error"))})})})}requestRawWithCallback(e,t,s){"string"==typeof t&&(e.options.headers||(e.options.headers={}),e.options.headers["Content-Length"]=Buffer.byteLength(t,"utf8"));let r=!1;function o(e,t){r||(r=!0,s(e,t))}const i=e.httpModule.request(e.options,e=>{o(void 0,new HttpClientResponse(e))});let n;i.on("socket",e=>{n=e}),i.setTimeout(this._socketTimeout||18e4,()=>{n&&n.end(),o(new Error(`Request timeout: ${e.options.path}`))}),i.on("error",function(e){o(e)}),t&&"string"==typeof t&&i.write(t,"utf8"),t&&"string"!=typeof t?(t.on("close",function(){i.end()}),t.pipe(i)):i.end()}getAgent(e){const t=new URL(e);return this._getAgent(t)}getAgentDispatcher(e){const t=new URL(e),s=getProxyUrl(t);if(s&&s.hostname)return this._getProxyAgentDispatcher(t,s)}_prepareRequest(e,t,s){const r={};r.parsedUrl=t;const o="https:"===r.parsedUrl.protocol;r.httpModule=o?require("https"):require("http");const i=o?443:80;if(r.options={},r.options.host=r.parsedUrl.hostname,r.options.port=r.parsedUrl.port?parseInt(r.parsedUrl.port):i,r.options.path=(r.parsedUrl.pathname||"")+(r.parsedUrl.search||""),r.options.method=e,r.options.headers=this._mergeHeaders(s),null!=this.userAgent&&(r.options.headers["user-agent"]=this.userAgent),r.options.agent=this._getAgent(r.parsedUrl),this.handlers)for(const e of this.handlers)e.prepareRequest(r.options);return r}_mergeHeaders(e){return this.requestOptions&&this.requestOptions.headers?Object.assign({},lowercaseKeys(this.requestOptions.headers),lowercaseKeys(e||{})):lowercaseKeys(e||{})}_getExistingOrDefaultHeader(e,t,s){let r;if(this.requestOptions&&this.requestOptions.headers){const e=lowercaseKeys(this.requestOptions.headers)[t];e&&(r="number"==typeof e?e.toString():e)}const o=e[t];return void 0!==o?"number"==typeof o?o.toString():o:void 0!==r?r:s}_getExistingOrDefaultContentTypeHeader(e,t){let s;if(this.requestOptions&&this.requestOptions.headers){const e=lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];e&&(s="number"==typeof e?String(e):Array.isArray(e)?e.join(", "):e)}const r=e[Headers.ContentType];return void 0!==r?"number"==typeof r?String(r):Array.isArray(r)?r.join(", "):r:void 0!==s?s:t}_getAgent(e){let t;const s=getProxyUrl(e),r=s&&s.hostname;if(this._keepAlive&&r&&(t=this._proxyAgent),r||(t=this._agent),t)return t;const o="https:"===e.protocol;let i=100;if(this.requestOptions&&(i=this.requestOptions.maxSockets||require("http").globalAgent.maxSockets),s&&s.hostname){const e={maxSockets:i,keepAlive:this._keepAlive,proxy:Object.assign(Object.assign({},(s.username||s.password)&&{proxyAuth:`${s.username}:${s.password}`}),{host:s.hostname,port:s.port})};let r;const n="https:"===s.protocol;r=o?n?__nccwpck_require__(770).httpsOverHttps:__nccwpck_require__(770).httpsOverHttp:n?__nccwpck_require__(770).httpOverHttps:__nccwpck_require__(770).httpOverHttp,t=r(e),this._proxyAgent=t}if(!t){const e={keepAlive:this._keepAlive,maxSockets:i};t=o?new(require("https").Agent)(e):new(require("http").Agent)(e),this._agent=t}return o&&this._ignoreSslError&&(t.options=Object.assign(t.options||{},{rejectUnauthorized:!1})),t}_getProxyAgentDispatcher(e,t){let s;if(this._keepAlive&&(s=this._proxyAgentDispatcher),s)return s;const r="https:"===e.protocol;return s=new ProxyAgent(Object.assign({uri:t.href,pipelining:this._keepAlive?1:0},(t.username||t.password)&&{token:`Basic ${Buffer.from(`${t.username}:${t.password}`).toString("base64")}`})),this._proxyAgentDispatcher=s,r&&this._ignoreSslError&&(s.options=Object.assign(s.options.requestTls||{},{rejectUnauthorized:!1})),s}_getUserAgentWithOrchestrationId(e){const t=e||"actions/http-client",s=process.env.ACTIONS_ORCHESTRATION_ID;if(s){return`${t} actions_orchestration_id/${s.replace(/[^a-z0-9_.-]/gi,"_")}`}return t}_performExponentialBackoff(e){return __awaiter(this,void 0,void 0,function*(){e=Math.min(10,e);const t=5*Math.pow(2,e);return new Promise(e=>setTimeout(()=>e(),t))})}_processResponse(e,t){return __awaiter(this,void 0,void 0,function*(){return new Promise((s,r)=>__awaiter(this,void 0,void 0,function*(){const o=e.message.statusCode||0,i={statusCode:o,result:null,headers:{}};let n,a;o===HttpCodes.NotFound&&s(i);try{a=yield e.readBody(),a&&a.length>0&&(n=t&&t.deserializeDates?JSON.parse(a,function(e,t){if("string"==typeof t){const e=new Date(t);if(!isNaN(e.valueOf()))return e}return t}):JSON.parse(a),i.result=n),i.headers=e.message.headers}catch(e){}if(o>299){let e;e=n&&n.message?n.message:a&&a.length>0?a:`Failed request: (${o})`;const t=new HttpClientError(e,o);t.result=i.result,r(t)}else s(i)}))})}}const lowercaseKeys=e=>Object.keys(e).reduce((t,s)=>(t[s.toLowerCase()]=e[s],t),{});
var auth_awaiter=function(e,t,n,r){return new(n||(n=Promise))(function(a,o){function i(e){try{u(r.next(e))}catch(e){o(e)}}function h(e){try{u(r.throw(e))}catch(e){o(e)}}function u(e){var t;e.done?a(e.value):(t=e.value,t instanceof n?t:new n(function(e){e(t)})).then(i,h)}u((r=r.apply(e,t||[])).next())})};class BearerCredentialHandler{constructor(e){this.token=e}prepareRequest(e){if(!e.headers)throw Error("The request has no headers");e.headers.Authorization=`Bearer ${this.token}`}canHandleAuthentication(){return!1}handleAuthentication(){return auth_awaiter(this,void 0,void 0,function*(){throw new Error("not implemented")})}};
var oidc_utils_awaiter=function(e,t,n,r){return new(n||(n=Promise))(function(o,i){function a(e){try{s(r.next(e))}catch(e){i(e)}}function c(e){try{s(r.throw(e))}catch(e){i(e)}}function s(e){var t;e.done?o(e.value):(t=e.value,t instanceof n?t:new n(function(e){e(t)})).then(a,c)}s((r=r.apply(e,t||[])).next())})};class OidcClient{static createHttpClient(e=!0,t=10){const n={allowRetries:e,maxRetries:t};return new HttpClient("actions/oidc-client",[new BearerCredentialHandler(OidcClient.getRequestToken())],n)}static getRequestToken(){const e=process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;if(!e)throw new Error("Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable");return e}static getIDTokenUrl(){const e=process.env.ACTIONS_ID_TOKEN_REQUEST_URL;if(!e)throw new Error("Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable");return e}static getCall(e){return oidc_utils_awaiter(this,void 0,void 0,function*(){var t;const n=OidcClient.createHttpClient(),r=null===(t=(yield n.getJson(e).catch(e=>{throw new Error(`Failed to get ID Token. \n \n        Error Code : ${e.statusCode}\n \n        Error Message: ${e.message}`)})).result)||void 0===t?void 0:t.value;if(!r)throw new Error("Response json body do not have ID Token field");return r})}static getIDToken(e){return oidc_utils_awaiter(this,void 0,void 0,function*(){try{let t=OidcClient.getIDTokenUrl();if(e){t=`${t}&audience=${encodeURIComponent(e)}`}debug(`ID token url is ${t}`);const n=yield OidcClient.getCall(t);return setSecret(n),n}catch(e){throw new Error(`Error message: ${e.message}`)}})}};
;
const platform=os_module.platform();os_module.arch();
var ExitCode,core_awaiter=function(e,n,o,t){return new(o||(o=Promise))(function(r,i){function u(e){try{a(t.next(e))}catch(e){i(e)}}function s(e){try{a(t.throw(e))}catch(e){i(e)}}function a(e){var n;e.done?r(e.value):(n=e.value,n instanceof o?n:new o(function(e){e(n)})).then(u,s)}a((t=t.apply(e,n||[])).next())})};function exportVariable(e,n){const o=toCommandValue(n);process.env[e]=o;if(process.env.GITHUB_ENV||"")return issueFileCommand("ENV",prepareKeyValueMessage(e,n));issueCommand("set-env",{name:e},o)}function setSecret(e){command_issueCommand("add-mask",{},e)}function getInput(e,n){const o=process.env[`INPUT_${e.replace(/ /g,"_").toUpperCase()}`]||"";if(n&&n.required&&!o)throw new Error(`Input required and not supplied: ${e}`);return n&&!1===n.trimWhitespace?o:o.trim()}function setOutput(e,n){if(process.env.GITHUB_OUTPUT||"")return file_command_issueFileCommand("OUTPUT",file_command_prepareKeyValueMessage(e,n));process.stdout.write(os_module.EOL),command_issueCommand("set-output",{name:e},utils_toCommandValue(n))}function setFailed(e){process.exitCode=ExitCode.Failure,core_error(e)}function isDebug(){return"1"===process.env.RUNNER_DEBUG}function debug(e){command_issueCommand("debug",{},e)}function core_error(e,n={}){command_issueCommand("error",utils_toCommandProperties(n),e instanceof Error?e.toString():e)}function warning(e,n={}){command_issueCommand("warning",utils_toCommandProperties(n),e instanceof Error?e.toString():e)}function info(e){process.stdout.write(e+os_module.EOL)}function startGroup(e){command_issue("group",e)}function endGroup(){command_issue("endgroup")}function group(e,n){return core_awaiter(this,void 0,void 0,function*(){let o;startGroup(e);try{o=yield n()}finally{endGroup()}return o})}function getIDToken(e){return core_awaiter(this,void 0,void 0,function*(){return yield OidcClient.getIDToken(e)})}!function(e){e[e.Success=0]="Success",e[e.Failure=1]="Failure"}(ExitCode||(ExitCode={}));
const START_MS = Date.now() - process.uptime() * 1000;
const systemClock = {
	now: () => START_MS + process.uptime() * 1000,
	sleep: async (ms, signal) => {
		try {
			await (0, require('node:timers/promises').setTimeout)(Math.ceil(ms) + 1, undefined, { signal });
		} catch (error) {
			signal.throwIfAborted();
			throw error;
		}
	},
};
const isSettled = (state) => state !== 'pending' && state !== 'unknown';
function observedFields({ providerStatus = '', batchId = '', filePath = '', filePaths, link = '' } = {}) {
	return { providerStatus, batchId, filePath, link, ...(filePaths && { filePaths }) };
}
const SEVERITY = ['Error', 'Failure', 'PartialSuccess', 'Pending', 'Successful'];
const bySeverity = (a, b) => SEVERITY.indexOf(a.status) - SEVERITY.indexOf(b.status);
function worstOf(outcomes) {
	return outcomes.toSorted(bySeverity)[0];
}
function failsStep({ status, reason }, policy) {
	if (status === 'PartialSuccess') return policy.onPartialSuccess === 'fail';
	if (reason === 'timed-out') return policy.onTimeout === 'fail';
	return status !== 'Successful';
}
function abandonsJob({ reason, timedOut, changes }, policy) {
	if (isSettled(changes.at(-1)?.state ?? 'pending')) return false;
	if (reason === 'cancelled' || reason === 'stuck-in-queue') return true;
	return timedOut && policy.onTimeout === 'fail' && policy.timeoutMs > 0;
}
class Node{value;next;constructor(e){this.value=e}}class Queue{#e;#t;#i;constructor(){this.clear()}enqueue(e){const t=new Node(e);this.#e?(this.#t.next=t,this.#t=t):(this.#e=t,this.#t=t),this.#i++}dequeue(){const e=this.#e;if(e)return this.#e=this.#e.next,this.#i--,this.#e||(this.#t=void 0),e.value}peek(){if(this.#e)return this.#e.value}clear(){this.#e=void 0,this.#t=void 0,this.#i=0}get size(){return this.#i}*[Symbol.iterator](){let e=this.#e;for(;e;)yield e.value,e=e.next}*drain(){for(;this.#e;)yield this.dequeue()}};
function pLimit(e){let r=!1;if("object"==typeof e&&({concurrency:e,rejectOnClear:r=!1}=e),validateConcurrency(e),"boolean"!=typeof r)throw new TypeError("Expected `rejectOnClear` to be a boolean");const n=new Queue;let t=0;const o=()=>{t<e&&n.size>0&&(t++,n.dequeue().run())},c=async(e,r,n)=>{const c=(async()=>e(...n))();r(c);try{await c}catch{}t--,o()},u=(r,...u)=>new Promise((a,i)=>{((r,u,a,i)=>{const s={reject:a};new Promise(e=>{s.run=e,n.enqueue(s)}).then(c.bind(void 0,r,u,i)),t<e&&o()})(r,a,i,u)});return Object.defineProperties(u,{activeCount:{get:()=>t},pendingCount:{get:()=>n.size},clearQueue:{value(){if(!r)return void n.clear();const e=AbortSignal.abort().reason;for(;n.size>0;)n.dequeue().reject(e)}},concurrency:{get:()=>e,set(r){validateConcurrency(r),e=r,queueMicrotask(()=>{for(;t<e&&n.size>0;)o()})}},map:{async value(e,r){const n=[];try{Array.from(e,(e,t)=>{const o=u(r,e,t);return n.push(o),o})}catch(e){for(const e of n)e.catch(()=>{});throw e}return Promise.all(n)}}}),u}function validateConcurrency(e){if(!Number.isInteger(e)&&e!==Number.POSITIVE_INFINITY||!(e>0))throw new TypeError("Expected `concurrency` to be a number from 1 and up")};
const MAX_TEXT_LENGTH = 16 * 1024;
const MAX_BODY_LENGTH = 128 * 1024;
const SHOWN_LENGTH = 500;
const SHORTEST_LENGTH = 100;
const CUT_LENGTHS = [...[SHORTEST_LENGTH, SHOWN_LENGTH, MAX_TEXT_LENGTH, MAX_TEXT_LENGTH + 1, MAX_BODY_LENGTH]];
const cutText = (text, maxLength = MAX_TEXT_LENGTH) => Buffer.from(text.slice(0, maxLength)).toString();
const ESCAPE_SEQUENCE = /(?:\u001B\[|\u009B)[0-?]*[ -/]*(?:[@-~]|$)|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\|\u001B?$)|\u001B[@-Z\\^_]/g;
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}]+/gu;
const withoutInvisible = (text) => text.replace(INVISIBLE, '');
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]+/gu;
function toLine(text) {
	const printable = text.replace(ESCAPE_SEQUENCE, '').toWellFormed().replace(UNPRINTABLE, ' ');
	const visible = withoutInvisible(printable);
	return withoutCommands(visible.trim());
}
const withoutCommands = (text) => text.replaceAll('##[', '## [').replace(/^((?:[^\S\r\n\u2028\u2029]|\u0085)*)::/gm, '$1: :');
function excerpt(text, maxLength, wholeLength = text.length, redact = (line) => line) {
	const start = text.slice(0, 8 * maxLength);
	const line = withoutQueries(redact(toLine(start)));
	if (start.length === wholeLength && line.length <= maxLength) return line;
	const shown = line.slice(0, maxLength).toWellFormed().trimEnd();
	return `${shown}… (${wholeLength.toLocaleString('en')} characters)`;
}
const quote = (text) => excerpt(text, 500);
const unescapeJson = (text) =>
	text.replace(/\\u([\da-f]{4})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))).replaceAll('\\/', '/');
function withoutQueries(text) {
	if (!text.includes('?')) return text;
	return text.replace(/[^\s"'<>]+/g, (word) => {
		const query = word.indexOf('?');
		const isLink = query > 0 && query < word.length - 1 && word.lastIndexOf('/', query) >= 0;
		return isLink ? `${word.slice(0, query)}?…` : word;
	});
}
const GROWTH = 0.1;
const JITTER = 0.05;
function pauseMs(ageMs, schedule, random) {
	const grown = Math.min(ageMs * GROWTH, schedule.maxIntervalMs);
	return Math.max(grown * (1 - JITTER * random), schedule.intervalMs);
}
function fitPauseMs(pauseMs, remainingMs, schedule) {
	const { intervalMs, maxIntervalMs } = schedule;
	if (remainingMs >= pauseMs + intervalMs) return pauseMs;
	const tooLong = remainingMs > maxIntervalMs && remainingMs >= 2 * intervalMs;
	return Math.max(tooLong ? remainingMs - intervalMs : remainingMs, 0);
}
const LONGEST_RETRIES_MS = 2 * 60_000;
const SHORTEST_RETRIES_MS = 5_000;
function createDownloadDeadline(timeoutMs, clock) {
	let endMs = timeoutMs === 0 ? undefined : clock.now() + timeoutMs;
	let lastProgressMs = 0;
	return {
		giveUpAtMs(progressAtMs) {
			endMs ??= clock.now();
			const latestMs = Math.max(endMs, lastProgressMs) + SHORTEST_RETRIES_MS;
			const soonestMs = Math.min(progressAtMs + SHORTEST_RETRIES_MS, latestMs);
			return Math.min(Math.max(endMs, soonestMs), progressAtMs + LONGEST_RETRIES_MS);
		},
		noteProgress() {
			lastProgressMs = clock.now();
		},
	};
}
function findHeader(headers, name) {
	const wanted = name.toLowerCase();
	return Object.entries(headers).find(([own]) => own.toLowerCase() === wanted)?.[1];
}
const withoutHeader = (headers, name) =>
	Object.fromEntries(Object.entries(headers).filter(([own]) => own.toLowerCase() !== name.toLowerCase()));
function mergeHeaders(weaker, stronger) {
	const names = new Set(Object.keys(stronger).map((name) => name.toLowerCase()));
	const further = Object.entries(weaker).filter(([name]) => !names.has(name.toLowerCase()));
	return { ...Object.fromEntries(further), ...stronger };
}
const withJsonType = (headers) => mergeHeaders({ 'Content-Type': 'application/json' }, headers);
const UNIT_SETS=[["B","kB","MB","GB","TB","PB","EB","ZB","YB"],["B","KiB","MiB","GiB","TiB","PiB","EiB","ZiB","YiB"],["b","kbit","Mbit","Gbit","Tbit","Pbit","Ebit","Zbit","Ybit"],["b","kibit","Mibit","Gibit","Tibit","Pibit","Eibit","Zibit","Yibit"]],toDecimalString=i=>{if(i>=1e-6&&i<1e21)return String(i);const[t,e]=i.toExponential().split("e"),n=t.replace(".",""),r=Number(e)+1,o=r>0,a=o?n.padEnd(r,"0"):"0".repeat(1-r)+n,g=a.slice(0,o?r:1),c=a.slice(o?r:1).replace(/0+$/,"");return c?`${g}.${c}`:g},toLocaleString=(i,t,e)=>{if("string"==typeof t||Array.isArray(t)||!0===t){const n=!0===t?void 0:t;if(void 0!==e)return i.toLocaleString(n,e);const r=toDecimalString(i),o=r.indexOf("."),a=-1===o?0:r.length-o-1;return a>100?r:i.toLocaleString(n,{maximumFractionDigits:a})}return void 0===e?toDecimalString(i):i.toLocaleString("en-US",{...e,useGrouping:!1})},log10=i=>{if("number"==typeof i)return Math.log10(i);const t=i.toString(10);return t.length+Math.log10(`0.${t.slice(0,15)}`)},log=i=>"number"==typeof i?Math.log(i):log10(i)*Math.log(10),divide=(i,t,e)=>{const n=t**e;if("number"==typeof i||i<=Number.MAX_SAFE_INTEGER)return Number(i)/n;const r=BigInt(t)**BigInt(e),o=i%r;return Number(i/r)+Number(o)/n},assertFractionDigits=(i,t)=>{if(void 0!==t&&("number"!=typeof t||!Number.isInteger(t)||t<0||t>100))throw new TypeError(`Expected ${i} to be an integer between 0 and 100, got ${typeof t}: ${t}`)};function prettyBytes(i,t){if("bigint"!=typeof i&&!Number.isFinite(i))throw new TypeError(`Expected a finite number, got ${typeof i}: ${i}`);(i=>{if(void 0!==i&&("number"!=typeof i||!Number.isSafeInteger(i)||i<0))throw new TypeError(`Expected fixedWidth to be a non-negative integer, got ${typeof i}: ${i}`)})((t={bits:!1,binary:!1,space:!0,nonBreakingSpace:!1,...t}).fixedWidth);const e=(i=>{const{minimumFractionDigits:t,maximumFractionDigits:e}=i;if(void 0!==t||void 0!==e){if(assertFractionDigits("minimumFractionDigits",t),assertFractionDigits("maximumFractionDigits",e),t>e)throw new RangeError(`Expected minimumFractionDigits (${t}) to not be greater than maximumFractionDigits (${e})`);return{...void 0!==t&&{minimumFractionDigits:t},...void 0!==e&&{maximumFractionDigits:e},roundingMode:"trunc"}}})(t),n=UNIT_SETS[(t.bits?2:0)+(t.binary?1:0)],r=t.space?t.nonBreakingSpace?" ":" ":"";Object.is(i,-0)&&(i=0);const o=((i,t)=>i<0?"-":t?0===i||0n===i?" ":"+":"")(i,t.signed);i<0&&(i=-i);const a=t.binary?1024:1e3;let g=0;i>=1&&(g=Math.min(Math.floor(t.binary?log(i)/Math.log(a):log10(i)/3),n.length-1));const c=divide(i,a,g);let m;if(Number.isFinite(c)){if((i=c)<1&&g>0&&(i*=a,g-=1),!e){const t=Math.max(3,Math.floor(i).toString().length);(i=Number(i.toPrecision(t)))>=a&&g<n.length-1&&(i/=a,g+=1)}m=toLocaleString(i,t.locale,e)}else m=((i,t,e,n)=>{const r=BigInt(t)**BigInt(e),o=i/r;if(void 0===n)return o.toString();const a=n.minimumFractionDigits??0,g=Math.max(n.maximumFractionDigits??3,a),c=(i%r*10n**BigInt(g)/r).toString().padStart(g,"0").replace(/0+$/,"").padEnd(a,"0");return c?`${o}.${c}`:o.toString()})(i,a,g,e);return(o+m+r+n[g]).padStart(t.fixedWidth??0)};
const toZeroIfInfinity=n=>Number.isFinite(n)?n:0;function parseMilliseconds(n){switch(typeof n){case"number":if(Number.isFinite(n))return function(n){return{days:Math.trunc(n/864e5),hours:Math.trunc(n/36e5%24),minutes:Math.trunc(n/6e4%60),seconds:Math.trunc(n/1e3%60),milliseconds:Math.trunc(n%1e3),microseconds:Math.trunc(toZeroIfInfinity(1e3*n)%1e3),nanoseconds:Math.trunc(toZeroIfInfinity(1e6*n)%1e3)}}(n);break;case"bigint":return function(n){return{days:n/86400000n,hours:n/3600000n%24n,minutes:n/60000n%60n,seconds:n/1000n%60n,milliseconds:n%1000n,microseconds:0n,nanoseconds:0n}}(n)}throw new TypeError("Expected a finite number or bigint")};
function prettyMilliseconds(e,n){const o="bigint"==typeof e;if(!o&&!Number.isFinite(e))throw new TypeError("Expected a finite number or bigint");const i=e<0?"-":"";e=e<0?-e:e,(n={...n}).colonNotation&&(n.compact=!1,n.formatSubMilliseconds=!1,n.separateMilliseconds=!1,n.verbose=!1),n.compact&&(n.unitCount=1,n.secondsDecimalDigits=0,n.millisecondsDecimalDigits=0);let s=[];const t=(e,o,i,t)=>{if(0!==s.length&&n.colonNotation||!(e=>0===e||0n===e)(e)||n.colonNotation&&"m"===i){if(t??=String(e),n.colonNotation){const e=t.includes(".")?t.split(".")[0].length:t.length,n=s.length>0?2:1;t="0".repeat(Math.max(0,n-e))+t}else t+=n.verbose?" "+(c=o,1===(l=e)||1n===l?c:`${c}s`):i;var c,l;s.push(t)}},c=parseMilliseconds(e),l=BigInt(c.days);if(n.hideYearAndDays?t(24n*BigInt(l)+BigInt(c.hours),"hour","h"):(n.hideYear?t(l,"day","d"):(t(l/365n,"year","y"),t(l%365n,"day","d")),t(Number(c.hours),"hour","h")),t(Number(c.minutes),"minute","m"),!n.hideSeconds)if(n.separateMilliseconds||n.formatSubMilliseconds||!n.colonNotation&&e<1e3&&!n.subSecondsAsDecimals){const e=Number(c.seconds),o=Number(c.milliseconds),i=Number(c.microseconds),s=Number(c.nanoseconds);if(t(e,"second","s"),n.formatSubMilliseconds)t(o,"millisecond","ms"),t(i,"microsecond","µs"),t(s,"nanosecond","ns");else{const e=o+i/1e3+s/1e6,c="number"==typeof n.millisecondsDecimalDigits?n.millisecondsDecimalDigits:0,l=e>=1?Math.round(e):Math.ceil(e),r=1e3-10**-c,a=c?Math.min(e,r).toFixed(c):Math.min(l,r);t(Number.parseFloat(a),"millisecond","ms",a)}}else{const i=((e,n)=>{const o=Math.floor(e*10**n+1e-7);return(Math.round(o)/10**n).toFixed(n)})((o?Number(e%86400000n):e)/1e3%60,"number"==typeof n.secondsDecimalDigits?n.secondsDecimalDigits:1),s=n.keepDecimalsOnWholeSeconds?i:i.replace(/\.0+$/,"");t(Number.parseFloat(s),"second","s",s)}if(0===s.length)return i+"0"+(n.verbose?" milliseconds":"ms");const r=n.colonNotation?":":" ";return"number"==typeof n.unitCount&&(s=s.slice(0,Math.max(n.unitCount,1))),i+s.join(r)};
function duration(ms) {
	return prettyMilliseconds(ms < 60_000 ? Math.round(ms / 100) * 100 : Math.round(ms / 1000) * 1000);
}
const size = (bytes) => prettyBytes(bytes);
const listInputs = (names) =>
	names
		.map((name) => `\`${name}\``)
		.join(', ')
		.replace(/, (?=[^,]*$)/, ' and ');
const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;
function limitTime(limitMs, late, outer) {
	outer.throwIfAborted();
	const stop = new AbortController();
	const startTimer = (ms) =>
		setTimeout(() => {
			const text = late(duration(ms));
			stop.abort(new TransientError(text, 'unreachable', { problem: 'no-response' }));
		}, ms);
	let [timer, timerMs] = [startTimer(limitMs), limitMs];
	const abort = () => {
		stop.abort(outer.reason);
	};
	outer.addEventListener('abort', abort);
	return {
		signal: stop.signal,
		restart: (ms) => {
			if (ms === timerMs) {
				timer.refresh();
				return;
			}
			clearTimeout(timer);
			[timer, timerMs] = [startTimer(ms), ms];
		},
		clear: () => {
			clearTimeout(timer);
			outer.removeEventListener('abort', abort);
		},
	};
}
function rejectOnAbort(work, signal) {
	const aborted = new Promise((_, reject) => {
		signal.addEventListener('abort', () => {
			reject(signal.reason);
		});
	});
	return Promise.race([work, aborted]);
}
const node_path_module = require('node:path');
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const restoreLineBreaks = (pem) => (pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n'));
function parseCertificates(pem, nowMs) {
	const blocks = restoreLineBreaks(pem).match(CERTIFICATE) ?? [];
	if (blocks.length === 0) {
		throw new Error('holds no PEM certificate; it must have lines from -----BEGIN CERTIFICATE-----');
	}
	return blocks.map((block, index) => {
		const certificate = parseCertificate(block, index + 1);
		const name = certificate.subject.replaceAll('\n', ', ');
		if (Date.parse(certificate.validTo) < nowMs) {
			throw new Error(`has expired on ${certificate.validTo} (${name}); give one that is valid`);
		}
		if (Date.parse(certificate.validFrom) > nowMs) {
			throw new Error(`is not valid before ${certificate.validFrom} (${name})`);
		}
		return certificate;
	});
}
function parseCertificate(pem, number) {
	try {
		return new (require('node:crypto').X509Certificate)(pem);
	} catch {
		throw new Error(`holds a PEM block, number ${number}, that is not a certificate; are its line breaks missing?`);
	}
}
function parsePrivateKey(pem) {
	if (pem.includes('ENCRYPTED')) {
		throw new Error('is encrypted; give the key without a passphrase');
	}
	try {
		return (0, require('node:crypto').createPrivateKey)(restoreLineBreaks(pem));
	} catch {
		throw new Error('is not a PEM private key; it must have lines from -----BEGIN PRIVATE KEY-----');
	}
}
function isSecure({ protocol, hostname }) {
	if (protocol === 'https:') return true;
	const isLoopback =
		hostname === 'localhost' || hostname === '[::1]' || ((0, require('node:net').isIPv4)(hostname) && hostname.startsWith('127.'));
	return protocol === 'http:' && isLoopback;
}
function createContext({ client, cas }) {
	const pem = (list) => list.map((one) => one.toString());
	const secureContext = (0, require('node:tls').createSecureContext)(
		client && {
			cert: pem(client.chain).join('\n'),
			key: client.key.export({ type: 'pkcs8', format: 'pem' }),
		},
	);
	const context = secureContext.context;
	for (const ca of pem(cas)) context.addCACert(ca);
	return secureContext;
}
const downloadFailed = (message, options) => new PermanentError(message, 'download-failed', options);
function parseLink(filePath, origin) {
	const root = new URL(origin);
	const link = unescapeJson(filePath.trim());
	const problem = findLinkProblem(link);
	if (problem !== undefined) {
		throw downloadFailed(`“${withoutQuery(link)}” is no link to a report: ${problem}`);
	}
	const full = startsWithHost(link) ? `https://${link}` : link;
	if (!URL.canParse(full, root.origin)) {
		throw downloadFailed(`“${withoutQuery(link)}” is no link to a report: it is not a URL`);
	}
	const url = new URL(full, root.origin);
	if (url.username !== '' || url.password !== '') {
		throw downloadFailed(
			`the link to the report at ${url.host} holds a user name or a password, which would be sent as credentials; give a link without them`,
		);
	}
	return requireHttps(url, root);
}
const withoutQuery = (link) => link.split('?')[0] ?? '';
const MAX_LINK_LENGTH = 8000;
const SECOND_URL = /[\s,;|]https?:\/\//i;
const SECOND_PATH = /[\s,;|]\//;
function findLinkProblem(link) {
	if (link.length > MAX_LINK_LENGTH) return 'it has over 8,000 characters';
	if (/^[{[]/.test(link)) {
		return 'file-path-query finds an object; write the query of the link inside it';
	}
	const rest = link.slice(1);
	if (SECOND_URL.test(rest) || SECOND_PATH.test(rest.split('?')[0] ?? '')) {
		return 'it holds several links in one text; write a query that finds a list of them';
	}
	if (!/[/.]/.test(link)) {
		return 'it looks like an id; write the query of the link, or download the report in a step of its own';
	}
	return undefined;
}
const startsWithHost = (link) => /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,24}(:\d+)?\//i.test(link);
function resolveRedirect(from, status, { location }) {
	const target = location === undefined ? undefined : fromUtf8(location);
	if (target === undefined || !URL.canParse(target, from.href)) {
		throw downloadFailed(`${from.host} responded with HTTP ${status}, a redirect that names no target`);
	}
	const url = new URL(target, from);
	url.username = '';
	url.password = '';
	return requireHttps(url, from);
}
function requireHttps(target, from) {
	if (!isSecure(target) || (from.protocol === 'https:' && target.protocol !== 'https:')) {
		throw downloadFailed(
			`the report is not fetched over ${target.protocol}//, where others could read or change it; ` +
				`${from.host} should name an https:// URL`,
		);
	}
	return target;
}
const SIGNATURE = /^(x-amz-signature|x-goog-signature|sig|signature|token)$/i;
const isSigned = ({ searchParams }) => [...searchParams.keys()].some((name) => SIGNATURE.test(name));
function expiryMs({ searchParams }) {
	const get = (name) => [...searchParams].find(([key]) => key.toLowerCase() === name)?.[1] ?? '';
	for (const prefix of ['x-amz', 'x-goog']) {
		const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(get(`${prefix}-date`)) ?? [];
		const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
		const seconds = Number(get(`${prefix}-expires`) || NaN);
		if (!Number.isNaN(atMs) && seconds >= 0) return atMs + seconds * 1000;
	}
	const epoch = get('expires');
	if (/^\d{9,10}$/.test(epoch)) return Number(epoch) * 1000;
	const azureMs = Date.parse(get('se'));
	return Number.isNaN(azureMs) ? undefined : azureMs;
}
function suggestName(urls, headers) {
	const names = urls.map(({ pathname }) => decode(pathname.split('/').at(-1) ?? ''));
	const named = names.find((name) => node_path_module.extname(name) !== '') ?? names.find((name) => name !== '');
	return dispositionName(headers['content-disposition']) ?? named ?? '';
}
const dispositionName = (header = '') => fromUtf8((0, __nccwpck_require__(541).qg)(header).parameters.filename ?? '') || undefined;
function fromUtf8(header) {
	const utf8 = Buffer.from(header, 'latin1').toString();
	const isLatin1 = /[^\0-\xFF]/.test(header) || utf8.includes('\uFFFD');
	return isLatin1 ? header : utf8;
}
function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
const MAX_REDIRECTS = 5;
const RENEWAL_BYTES = 1024;
const PUBLIC_HEADER = /^accept(-language)?$/i;
function createFetch(report, settings, context) {
	const providerOrigin = new URL(settings.baseUrl).origin;
	const access = createReportAccess(report, context);
	const receive = createReceiver(report, settings, context);
	const fetchFrom = async (route) => {
		const url = currentUrl(route);
		const isTrusted = url.origin === providerOrigin && route.mayUseToken;
		const useToken = isTrusted && !isSigned(url);
		try {
			return await receive(route, isTrusted, useToken ? await access.headers(route) : undefined);
		} catch (error) {
			if (isTrusted && !useToken && [401, 403].includes(receive.lastStatus())) {
				return receive(route, isTrusted, await access.headers(route));
			}
			if (!useToken || !(await access.renewAfter(error, route))) throw error;
		}
		return fetchFrom(route);
	};
	return async (start, silenceMs) => {
		let route = {
			urls: [start],
			silenceMs,
			mayUseToken: start.origin === providerOrigin,
		};
		for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
			const { name, next } = await fetchFrom(route);
			if (next === undefined) return name;
			const mayUseToken = route.mayUseToken && next.origin === providerOrigin;
			route = { ...route, urls: [...route.urls, next], mayUseToken };
		}
		throw downloadFailed(`the report is behind more than ${MAX_REDIRECTS} redirects`);
	};
}
const currentUrl = ({ urls }) => urls.at(-1) ?? urls[0];
function createReceiver(report, { destination, reportHeaders }, { signal, transports }) {
	let lastStatus = 0;
	const receive = async (route, isTrusted, credentials) => {
		const url = currentUrl(route);
		const own = Object.entries(reportHeaders).filter(([header]) => isTrusted || PUBLIC_HEADER.test(header));
		const headers = [
			{ Accept: '*/*' },
			Object.fromEntries(own),
			{ 'Accept-Encoding': 'identity', ...report.rangeHeaders() },
			credentials ?? {},
		].reduce(mergeHeaders);
		const transport = isTrusted ? transports.provider : transports.others;
		const request = { method: 'GET', url, headers };
		lastStatus = 0;
		const response = await transport.stream(request, route.silenceMs, signal);
		lastStatus = response.head.status;
		try {
			const name = destination?.name ?? suggestName([route.urls[0], url], response.head.headers);
			return { name, next: await report.receive(response, name, credentials !== undefined) };
		} finally {
			response.close();
		}
	};
	return Object.assign(receive, { lastStatus: () => lastStatus });
}
function createReportAccess(report, { session, signal }) {
	let access;
	let renewedAtBytes = -RENEWAL_BYTES;
	const inTime = async (logIn, { silenceMs }) => {
		const time = limitTime(silenceMs(), (ms) => `no response to the login within ${ms}`, signal);
		try {
			return await rejectOnAbort(logIn(), time.signal);
		} finally {
			time.clear();
		}
	};
	return {
		headers: async (route) => (access ??= await inTime(() => session.access(signal), route)).headers,
		renewAfter: async (error, route) => {
			const isRecent = report.receivedBytes() < renewedAtBytes + RENEWAL_BYTES;
			const renew = isRecent ? undefined : access?.renew;
			if (!(error instanceof CredentialsRejected) || renew === undefined) return false;
			renewedAtBytes = report.receivedBytes();
			access = await inTime(renew, route);
			return true;
		},
	};
}
const node_fs_module = require('node:fs');
function parseDestination(text, { GITHUB_WORKSPACE, RUNNER_TEMP }) {
	if (text === '') return undefined;
	if (text.includes('\0')) throw new Error('holds a character that no path can hold');
	refuseShellSyntax(text);
	const workspace = node_path_module.resolve(GITHUB_WORKSPACE ?? '');
	const roots = [workspace, ...(RUNNER_TEMP ? [node_path_module.resolve(RUNNER_TEMP)] : [])];
	const path = node_path_module.resolve(workspace, text);
	const isFolder =
		text.endsWith('/') ||
		text.endsWith(node_path_module.sep) ||
		(node_fs_module.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
	const folder = isFolder ? path : node_path_module.dirname(path);
	if (!isInside(folder, roots)) {
		throw new Error(`“${quote(text)}” leads out of the workspace; give a path inside it, or inside RUNNER_TEMP`);
	}
	const reserved = reservedFolder(path, roots);
	if (reserved !== undefined) {
		throw new Error(`“${quote(text)}” lies in ${reserved}, where no report is saved; give another folder`);
	}
	return { folder, name: isFolder ? undefined : node_path_module.basename(path), roots };
}
function refuseShellSyntax(text) {
	const given = `“${quote(text)}”`;
	if (text.startsWith('~')) {
		throw new Error(`${given} begins with ~, which only a shell understands; write \`\${{ runner.temp }}/…\` or a path in the workspace`);
	}
	if (/\$[A-Za-z_{(]|%[A-Za-z_]+%/.test(text)) {
		throw new Error(`${given} holds a variable, which only a shell understands; write \`\${{ env.NAME }}\``);
	}
	if (process.platform !== 'win32' && /^[A-Za-z]:[\\/]/.test(text)) {
		throw new Error(`${given} is a path of Windows, and this runner has another system; write a path in the workspace`);
	}
}
const RESERVED_FOLDERS = ['.git', '.github', 'node_modules'];
function reservedFolder(path, roots) {
	return roots
		.filter((root) => isInside(path, [root]))
		.flatMap((root) =>
			node_path_module.relative(findRealPath(root), findRealPath(path)).split(
				node_path_module.sep,
			),
		)
		.find((part) => RESERVED_FOLDERS.includes(part.toLowerCase()));
}
function isInside(folder, roots) {
	const real = findRealPath(folder);
	return roots.some((root) => {
		const path = node_path_module.relative(findRealPath(root), real);
		return (
			path !== '..' &&
			!path.startsWith(`..${node_path_module.sep}`) &&
			!node_path_module.isAbsolute(path)
		);
	});
}
function findRealPath(path) {
	if (node_fs_module.existsSync(path)) return node_fs_module.realpathSync.native(path);
	return path === node_path_module.dirname(path)
		? path
		: node_path_module.join(
				findRealPath(node_path_module.dirname(path)),
				node_path_module.basename(path),
			);
}
function filenameReservedRegex(){return/[\u{0}-\u{1F}"*\/:<>?\\\|]|[ .]$/gv}function windowsReservedNameRegex(){return/^(?:con|prn|aux|nul|conin\$|conout\$|com[\d²³¹]|lpt[\d²³¹]) *(?:\..*)?$/iv};
const reRelativePath=/^\.+(\\|\/)|^\.+$/,reTrailingDotsAndSpaces=/[. ]+$/,reTrailingSpaces=/ +$/,reWindowsReservedName=windowsReservedNameRegex(),reControlChars=/[\p{Control}\p{Format}\p{Zl}\p{Zp}\uFFF0-\uFFFF]/gu,reControlCharsTest=/[\p{Control}\p{Format}\p{Zl}\p{Zp}\uFFF0-\uFFFF]/u,isZeroWidthJoiner=e=>"‍"===e,reRepeatedReservedCharacters=/([<>:"/\\|?*\u0000-\u001F]){2,}/g,reReplacementReservedCharacters=/[<>:"/\\|?*\u0000-\u001F]/,reUnicodeWhitespace=/[\t\n\r\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]+/g;let segmenter;function filenamify(e,r={}){if("string"!=typeof e)throw new TypeError("Expected a string");const t=r.replacement??"!",n=reReplacementReservedCharacters.test(t),a=[...t].some(e=>reControlCharsTest.test(e)&&!isZeroWidthJoiner(e));if(n||a)throw new Error("Replacement string cannot contain reserved filename characters");e=(e=e.normalize("NFC")).replaceAll(reUnicodeWhitespace," "),t.length>0&&(e=e.replaceAll(reRepeatedReservedCharacters,"$1")),0===(e=(e=(e=(e=(e=e.replace(reTrailingDotsAndSpaces,"")).replace(reRelativePath,()=>t)).replace(filenameReservedRegex(),()=>t)).replaceAll(reControlChars,e=>isZeroWidthJoiner(e)?e:t)).replace(reTrailingDotsAndSpaces,"")).length&&0===(e=t.replace(reTrailingDotsAndSpaces,"")).length&&t.length>0&&(e="!");return e=function(e,r){if(!reWindowsReservedName.test(e))return e;const t=e.indexOf("."),n=(-1===t?e:e.slice(0,t)).replace(reTrailingSpaces,""),a=-1===t?"":e.slice(t),s=(n+r+a).replace(reTrailingDotsAndSpaces,"");return reWindowsReservedName.test(s)?n+"!"+a:s}(e=(e=function(e,r){if(e.length<=r)return e;const t=e.lastIndexOf(".");if(-1===t)return truncateByGraphemeBudget(e,r);const n=e.slice(0,t),a=e.slice(t);return truncateByGraphemeBudget(n,Math.max(0,r-a.length)).replace(reTrailingSpaces,"")+a}(e,"number"==typeof r.maxLength?r.maxLength:100)).replace(reTrailingDotsAndSpaces,""),t),e}function truncateByGraphemeBudget(e,r){if(e.length<=r)return e;let t=0,n="";for(const{segment:a}of(segmenter??=new Intl.Segmenter(void 0,{granularity:"grapheme"}),segmenter).segment(e)){const e=t+a.length;if(e>r)break;n+=a,t=e}return n};
const MAX_LENGTH = 80;
const UNSAFE = /[^\p{L}\p{N}\p{M} ._()+,=@-]/gu;
function safeName(suggested) {
	const seen = withoutInvisible(suggested.normalize('NFC').toWellFormed());
	const last = seen.split(/[/\\]/).at(-1) ?? '';
	const visible = withoutLeadingSigns(last.replace(UNSAFE, '_'));
	const extension = node_path_module.extname(visible).slice(0, MAX_LENGTH / 2);
	const stem = visible.slice(0, visible.length - node_path_module.extname(visible).length);
	const short = stem.slice(0, MAX_LENGTH - extension.length) + extension;
	const options = { replacement: '_', maxLength: MAX_LENGTH };
	const safe = withoutLeadingSigns(filenamify(short.toWellFormed(), options));
	return safe === suggested ? safe : safeName(safe);
}
const withoutLeadingSigns = (name) => name.replace(/^[-.\s]+/, '') || 'report';
const LOCKED_ERROR_CODES = ['EACCES', 'EBUSY', 'EPERM'];
const PAUSES_MS = [100, 200, 400, 800, 1600];
async function retryWhileLocked(work) {
	for (const pauseMs of PAUSES_MS) {
		try {
			await work();
			return;
		} catch (error) {
			const { code = '' } = error;
			if (!LOCKED_ERROR_CODES.includes(code)) throw error;
			await (0, require('node:timers/promises').setTimeout)(pauseMs);
		}
	}
	await work();
}
const BUFFER_BYTES = 1024 * 1024;
const EXCLUSIVE =
	node_fs_module.constants.O_RDWR |
	node_fs_module.constants.O_CREAT |
	node_fs_module.constants.O_EXCL;
async function createPartFile(destination) {
	const { folder, name, roots } = destination;
	const path = node_path_module.join(folder, `.await-job-${(0, require('node:crypto').randomUUID)()}.part`);
	const stayInside = () => {
		if (isInside(folder, roots)) return;
		throw downloadFailed(`${folder} leads out of the workspace by now; was a link put there?`);
	};
	const handle = await withFileErrors(folder, async () => {
		if (isInside(folder, roots)) await (0, require('node:fs/promises').mkdir)(folder, { recursive: true });
		stayInside();
		return (0, require('node:fs/promises').open)(path, EXCLUSIVE, 0o644);
	});
	const moveTo = async (wanted) => {
		stayInside();
		const isSame = await sameFile(handle, path);
		await handle.close();
		if (!isSame) throw downloadFailed(`somebody else has replaced the report in ${folder}`);
		const file =
			name === undefined ? await oneAtATime(() => reserveName(folder, wanted)) : node_path_module.join(folder, name);
		try {
			await retryWhileLocked(() => (0, require('node:fs/promises').rename)(path, file));
		} catch (error) {
			if (name === undefined) await (0, require('node:fs/promises').rm)(file, { force: true });
			throw error;
		}
		return file;
	};
	return {
		write: async (body, offset) => {
			stayInside();
			await writeFrom(handle, body, offset, folder);
		},
		keep: (suggested) => withFileErrors(folder, () => moveTo(safeName(suggested))),
		discard: async () => {
			await handle.close().catch(() => undefined);
			await retryWhileLocked(() => (0, require('node:fs/promises').rm)(path, { force: true })).catch(() => undefined);
		},
	};
}
async function sameFile(handle, path) {
	const [opened, found] = await Promise.all([
		handle.stat({ bigint: true }),
		(0, require('node:fs/promises').lstat)(path, { bigint: true }).catch(() => undefined),
	]);
	return found?.ino === opened.ino && found.dev === opened.dev;
}
const oneAtATime = pLimit(1);
async function reserveName(folder, wanted) {
	const extension = node_path_module.extname(wanted);
	const stem = wanted.slice(0, wanted.length - extension.length);
	const taken = new Set((await (0, require('node:fs/promises').readdir)(folder)).map((name) => name.toLowerCase()));
	for (let number = 1; ; number += 1) {
		const name = number === 1 ? wanted : `${stem}-${number}${extension}`;
		if (taken.has(name.toLowerCase())) continue;
		const file = node_path_module.join(folder, name);
		try {
			const reserved = await (0, require('node:fs/promises').open)(file, EXCLUSIVE, 0o644);
			await reserved.close();
			return file;
		} catch (error) {
			if (error.code !== 'EEXIST') throw error;
		}
	}
}
async function writeFrom(handle, body, offset, folder) {
	await withFileErrors(folder, () => handle.truncate(offset));
	const file = node_fs_module.createWriteStream('', { fd: handle.fd, start: offset, autoClose: false });
	let failure;
	let pendingBytes = 0;
	let resume = () => undefined;
	file.on('error', (error) => {
		failure = fileError(error, folder);
		resume();
	});
	try {
		for await (const chunk of body) {
			if (failure !== undefined) break;
			const { length } = chunk;
			pendingBytes += length;
			file.write(chunk, () => {
				pendingBytes -= length;
				detachBuffer(chunk);
				if (pendingBytes <= BUFFER_BYTES / 2) resume();
			});
			if (pendingBytes > BUFFER_BYTES) {
				await new Promise((resolve) => {
					resume = resolve;
				});
			}
		}
	} catch (error) {
		failure ??= error;
	}
	await finish(file);
	if (failure !== undefined) throw failure;
}
async function finish(file) {
	if (file.destroyed || file.errored !== null) return;
	await new Promise((resolve) => {
		file.once('error', () => {
			resolve();
		});
		file.end(() => {
			resolve();
		});
	});
}
function detachBuffer({ buffer, byteLength }) {
	if (byteLength !== buffer.byteLength) return;
	buffer.transfer?.(0);
}
async function withFileErrors(folder, work) {
	try {
		return await work();
	} catch (error) {
		if (error instanceof PermanentError) throw error;
		throw fileError(error, folder);
	}
}
function fileError(error, folder) {
	const { code = '', message } = error;
	const advice = ADVICE_BY_ERRNO[code] ?? 'look at `download-path`';
	const what = code === '' ? message : (message.split(', ')[0] ?? '');
	return downloadFailed(`the report cannot be saved: ${what}, in ${folder}; ${advice}`, {
		cause: error,
	});
}
const ADVICE_BY_ERRNO = {
	ENOSPC: 'make room on the disk of the runner, or give a folder on another one in `download-path`',
	EFBIG: 'the runner allows no file of that size; give a folder elsewhere in `download-path`',
	EDQUOT: 'the quota of the runner is used up; give a folder elsewhere in `download-path`',
	EACCES: 'the step may not write there; give another folder in `download-path`',
	EPERM: 'the step may not write there; give another folder in `download-path`',
	EROFS: 'the disk is read-only; give another folder in `download-path`',
	ENOTDIR: 'a file stands where a folder is needed; give another path in `download-path`',
	EEXIST: 'a file stands where a folder is needed; give another path in `download-path`',
};
const node_events_module = require('node:events');
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const LARGE_BODY_BYTES = 512 * 1024;
const body_oneAtATime = pLimit(1);
async function readText(message) {
	const raw = await collect(message);
	if (raw.length === 0) return '';
	const codings = codingsOf(message);
	const body = codings.length === 0 ? raw : await collect(await body_decode(require('node:stream').Readable.from([raw]), codings));
	return decodeText(body, message.headers['content-type']);
}
async function collect(body) {
	const chunks = [];
	let bytes = 0;
	const iterator = body[Symbol.asyncIterator]();
	const readUpTo = async (maxBytes) => {
		for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
			bytes += next.value.length;
			chunks.push(next.value);
			if (bytes > maxBytes) return true;
		}
		return false;
	};
	const isTooLarge = (await readUpTo(LARGE_BODY_BYTES)) && (await body_oneAtATime(() => readUpTo(MAX_BODY_BYTES)));
	if (isTooLarge) {
		await iterator.return?.();
		throw new PermanentError('the response is larger than 10 MiB', 'bad-response');
	}
	const [first] = chunks;
	return chunks.length === 1 && first ? first : Buffer.concat(chunks);
}
function decodeText(body, contentType = '') {
	const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
	const mark = body.subarray(0, 2).toString('hex');
	const label = mark === 'feff' ? 'utf-16be' : mark === 'fffe' ? 'utf-16le' : charset;
	try {
		return new TextDecoder(label).decode(body);
	} catch {
		return new TextDecoder().decode(body);
	}
}
const codingsOf = ({ headers }) =>
	(headers['content-encoding'] ?? '')
		.toLowerCase()
		.split(',')
		.map((coding) => coding.trim())
		.filter((coding) => coding !== '' && coding !== 'identity');
async function body_decode(body, codings) {
	const known = codings.filter((coding) => CODINGS.includes(coding));
	if (known.length > MAX_CODINGS) throw notDecodable(`${known.slice(0, 3).join(', ')}, …`);
	let decoded = body;
	for (const coding of known.toReversed()) {
		const source = require('node:stream').Readable.from(decoded, { objectMode: false });
		const decoder = await createDecoder(coding, source);
		decoded = (0, require('node:stream').pipeline)(source, decoder, () => undefined);
	}
	return decoded;
}
async function createDecoder(coding, body) {
	const zlib = await Promise.resolve().then(__nccwpck_require__.t.bind(__nccwpck_require__, 522, 19));
	switch (coding) {
		case 'gzip':
		case 'x-gzip':
			return zlib.createGunzip();
		case 'deflate':
			return (await hasZlibHeader(body)) ? zlib.createInflate() : zlib.createInflateRaw();
		case 'br':
			return zlib.createBrotliDecompress();
		case 'zstd':
			if ('createZstdDecompress' in zlib) return zlib.createZstdDecompress();
			throw notDecodable(coding);
		default:
			throw notDecodable(coding);
	}
}
const MAX_CODINGS = 2;
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress', 'x-compress', 'dcb', 'dcz'];
const notDecodable = (coding) => {
	const text = `the response is compressed as ${coding}, which was not asked for`;
	return new TransientError(text, 'bad-response');
};
async function hasZlibHeader(body) {
	let start = body.read(2);
	while (start === null && !body.readableEnded) {
		await Promise.race([
			node_events_module.once(body, 'readable'),
			node_events_module.once(body, 'end'),
		]);
		start = body.read(2);
	}
	if (start === null) return true;
	body.unshift(start);
	const [first = 0, second = 0] = start;
	return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
function parseHttpDate(text = '') {
	const zone = /\d\d:\d\d:\d\d \d{4}$/.test(text) ? ' GMT' : '';
	const ms = /^[a-z]{3}.*\d\d:\d\d:\d\d/i.test(text) ? Date.parse(text + zone) : NaN;
	return Number.isNaN(ms) ? undefined : ms;
}
const MAX_PAUSE_MS = 24 * 60 * 60 * 1000;
function retryAfterMs(response, nowMs) {
	const { headers } = response;
	const ms = retry_after_parseNumber(headers['retry-after-ms']);
	if (ms !== undefined) return Math.min(ms, MAX_PAUSE_MS);
	const pauseMs = parseRetryAfter(headers, nowMs) ?? (isRateLimit(response) ? untilResetMs(headers, nowMs) : undefined);
	return pauseMs === undefined ? undefined : Math.min(pauseMs, MAX_PAUSE_MS);
}
function withRetryAfter(error, response, nowMs) {
	if (!(error instanceof TransientError)) return error;
	const { message, reason, cause, problem } = error;
	const pauseMs = retryAfterMs(response, nowMs);
	return new TransientError(message, reason, { cause, problem, retryAfterMs: pauseMs });
}
function isRateLimit({ status, headers }) {
	if (status === 429) return true;
	if (status !== 403) return false;
	const remaining = headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'];
	return headers['retry-after'] !== undefined || firstText(remaining) === '0';
}
function parseRetryAfter(headers, nowMs) {
	const value = headers['retry-after']?.trim() ?? '';
	const seconds = retry_after_parseNumber(value);
	if (seconds !== undefined) return seconds * 1000;
	const untilMs = parseHttpDate(value);
	return untilMs && Math.max(untilMs - (parseHttpDate(headers.date) ?? nowMs), 0);
}
function untilResetMs(headers, nowMs) {
	const seconds = retry_after_parseNumber(firstText(headers['ratelimit-reset']) ?? firstText(headers['x-ratelimit-reset']));
	if (seconds === undefined) return undefined;
	const isSinceEpoch = seconds * 1000 > MAX_PAUSE_MS;
	const serverMs = parseHttpDate(headers.date) ?? nowMs;
	return isSinceEpoch ? Math.max(seconds * 1000 - serverMs, 0) : seconds * 1000;
}
const firstText = (value) => (Array.isArray(value) ? value[0] : value);
function retry_after_parseNumber(value) {
	const text = firstText(value)?.trim() ?? '';
	return /^\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}
function findXmlError(text) {
	const start = text.slice(0, 4096).replace(/^\s*<\?xml[^>]*\?>\s*/, '');
	if (!/^\s*<Error[\s>]/.test(start)) return '';
	const [code, message] = [textOfTag(start, 'Code'), textOfTag(start, 'Message')];
	const isSame = code === message.replaceAll(' ', '');
	return [isSame ? '' : code, message].filter(Boolean).join(': ');
}
function textOfTag(xml, name) {
	const from = xml.indexOf(`<${name}>`);
	const to = xml.indexOf(`</${name}>`);
	return from < 0 || to < from ? '' : xml.slice(from + name.length + 2, to).trim();
}
const UNKNOWN = { totalBytes: undefined, validator: undefined };
function placeResponse(before, bytes, status, headers) {
	if (status === 416) return undefined;
	const isWhole = (status === 200 || status === 203) && headers['content-range'] === undefined;
	const representation = isWhole ? wholeRepresentation(before, bytes, headers) : continuedRepresentation(before, bytes, headers);
	return representation && { representation, offset: isWhole ? 0 : bytes };
}
function continuedRepresentation({ totalBytes, validator }, bytes, headers) {
	const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
	const whole = size === '*' ? totalBytes : Number(size);
	if (Number(start) !== bytes || whole === undefined || Number.isNaN(whole)) return undefined;
	if (bytes === 0) return { totalBytes: whole, validator: strongValidator(headers) };
	const isSame = validator !== undefined && mayHave(validator, headers);
	return isSame && (totalBytes === undefined || totalBytes === whole) ? { totalBytes: whole, validator } : undefined;
}
function mayHave(validator, { etag, 'last-modified': modified }) {
	const own = validator.startsWith('"') ? [etag] : [etag, modified];
	return own.includes(validator) || own.every((one) => one === undefined);
}
function wholeRepresentation(before, bytes, headers) {
	const { 'content-length': length } = headers;
	const validator = strongValidator(headers);
	const totalBytes = length === undefined ? undefined : Number(length);
	if (validator === undefined || validator !== before.validator) return { totalBytes, validator };
	if (before.totalBytes === undefined) return bytes > 0 ? undefined : { totalBytes, validator };
	if (totalBytes === undefined) return { totalBytes: before.totalBytes, validator: undefined };
	return totalBytes === before.totalBytes ? { totalBytes, validator } : undefined;
}
function strongValidator({ etag, date, 'last-modified': modified }) {
	if (etag !== undefined) return etag.startsWith('W/') ? undefined : etag;
	const ageMs = (parseHttpDate(date) ?? NaN) - (parseHttpDate(modified) ?? NaN);
	return ageMs >= 1000 ? modified : undefined;
}
const PACKED_EXTENSIONS = {
	gzip: ['.gz', '.tgz', '.gzip', '.svgz'],
	'x-gzip': ['.gz', '.tgz', '.gzip', '.svgz'],
	br: ['.br'],
	zstd: ['.zst', '.zstd', '.tzst'],
	compress: ['.z'],
	bzip2: ['.bz2', '.tbz2'],
	xz: ['.xz', '.txz'],
	lz4: ['.lz4'],
};
const staysPacked = (name, coding) =>
	Object.hasOwn(PACKED_EXTENSIONS, coding) &&
	(PACKED_EXTENSIONS[coding] ?? []).includes(node_path_module.extname(name).toLowerCase());
const htmlInsteadOfReport = (url) =>
	new CredentialsRejected(`${url.host} sent an HTML page in place of the report; is the link still valid?`);
function refusalError({ url, status, headers }, hasCredentials, text, nowMs) {
	const said = findXmlError(text);
	const message = `HTTP ${status}${said === '' ? '' : ` (${said})`} from ${url.host}`;
	const refusal = (text, problem) => new PermanentError(text, 'download-failed', { needsGrace: true, problem });
	const expiredMs = expiryMs(url) ?? Infinity;
	const [isPast, saysExpired] = [expiredMs <= nowMs, /expired/i.test(said)];
	const mayBeExpiry = [400, 403, 410].includes(status) || (status === 401 && !hasCredentials);
	if (mayBeExpiry && (isPast || saysExpired)) {
		const why = saysExpired ? `HTTP ${status} from ${url.host}` : message;
		const past = () => `the link has expired at ${new Date(expiredMs).toISOString()} (${why})`;
		return refusal(isPast ? past() : message, 'link-expired');
	}
	switch (status) {
		case 401:
			return new CredentialsRejected(
				hasCredentials
					? `${message}: it does not accept the credentials`
					: `${message}: it wants credentials, which go to the host of \`base-url\` alone`,
			);
		case 403:
			return refusal(message);
		case 404:
			return refusal(`${message}: there is no report at the link`);
	}
	if (status >= 500 || [202, 408, 425, 429].includes(status)) {
		const options = { retryAfterMs: retryAfterMs({ status, headers }, nowMs) };
		return new TransientError(message, 'unreachable', options);
	}
	return downloadFailed(message);
}
const HTML_START = /^<\s*(!\s*doctype\s+html|html|head|body|title|meta|script|style|link|form|div|center|p|h[1-6])\b/i;
const startsAsHtml = (text) => HTML_START.test(text.slice(0, 200));
const isHtmlType = (contentType = '') => /^\s*(text\/html|application\/xhtml)/i.test(contentType);
const isHtmlPage = (text) => startsAsHtml(skipProlog(text));
function skipProlog(text) {
	let at = 0;
	for (;;) {
		while (at < text.length && /[\s\uFEFF\0]/.test(text.charAt(at))) at += 1;
		const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<?', at) ? '?>' : '';
		const next = end === '' ? -1 : text.indexOf(end, at + 2);
		if (next < 0) return text.slice(at);
		at = next + end.length;
	}
}
const START_BYTES = 64 * 1024;
const HTML_EXTENSIONS = ['.html', '.htm', '.xhtml', '.mhtml', '.mht', '.xls'];
function findUnexpectedStart(start, expectation) {
	const text = skipProlog(decodeStart(start));
	const error = findXmlError(text);
	if (error !== '') return { isHtml: false, error };
	const extension = node_path_module.extname(expectation.name).toLowerCase();
	const isMarkup = isHtmlType(expectation.contentType) && text.startsWith('<') && extension !== '.xml';
	if (!(startsAsHtml(text) || isMarkup) || HTML_EXTENSIONS.includes(extension)) return undefined;
	return { isHtml: true };
}
function findJsonError(body, { name, contentType }) {
	const extension = node_path_module.extname(name).toLowerCase();
	const mayBeJson = extension === '' ? MAY_BE_JSON.test(contentType) : JSON_EXTENSION.test(extension);
	const text = decodeStart(body).trim();
	if (mayBeJson || !text.startsWith('{')) return undefined;
	try {
		const json = JSON.parse(text);
		const key = Object.keys(json).find((one) => ERROR_KEYS.includes(one.toLowerCase()));
		return key === undefined ? undefined : `${key}: ${JSON.stringify(json[key])}`;
	} catch {
		return undefined;
	}
}
const MAY_BE_JSON = /^\s*($|application\/octet-stream|binary\/)|json/i;
const JSON_EXTENSION = /json|\.(har|ipynb)$/;
const ERROR_KEYS = ['error', 'errors', 'message', 'fault', 'code', 'error_description', 'detail'];
function decodeStart(start) {
	const [first = 1, second = 1, third = 1, fourth = 1] = start;
	const isBigEndian = (first === 0xfe && second === 0xff) || (first === 0 && third === 0);
	const isLittleEndian = (first === 0xff && second === 0xfe) || (second === 0 && fourth === 0);
	const label = isBigEndian ? 'utf-16be' : isLittleEndian ? 'utf-16le' : 'utf-8';
	return new TextDecoder(label).decode(start);
}
const isUndecided = (start) => {
	const text = skipProlog(decodeStart(start));
	const isPartOfError = /^<Error[\s>]/.test(text) && !text.includes('</Error>');
	const isOpen = text.length < 20 || text.startsWith('<!--') || isPartOfError;
	return start.length < START_BYTES && isOpen;
};
const PROGRESS_LINE_MS = 10_000;
const PROGRESS_BYTES = 64 * 1024;
const createState = (requestId, nowMs) => ({
	requestId,
	bytes: 0,
	receivedBytes: 0,
	representation: UNKNOWN,
	hash: (0, require('node:crypto').createHash)('sha256'),
	start: Buffer.alloc(0),
	progress: { atMs: nowMs, bytes: 0 },
	lastProgressLine: { atMs: nowMs, bytes: 0 },
});
function beginAnew(state) {
	state.bytes = 0;
	state.hash = (0, require('node:crypto').createHash)('sha256');
	state.start = Buffer.alloc(0);
}
async function* watch(state, url, body, { expectation, limits, context }) {
	const { totalBytes } = state.representation;
	requireSize(totalBytes ?? 0, limits);
	let isDecided = false;
	for await (const chunk of body) {
		context.signal.throwIfAborted();
		if (state.start.length < START_BYTES) {
			const room = START_BYTES - state.start.length;
			state.start = Buffer.concat([state.start, chunk.subarray(0, room)]);
			if (!isDecided && !isUndecided(state.start)) {
				requireReport(state.start, url, expectation);
				isDecided = true;
			}
		}
		state.bytes += chunk.length;
		state.receivedBytes += chunk.length;
		state.hash.update(chunk);
		if (totalBytes !== undefined && state.bytes > totalBytes) {
			beginAnew(state);
			throw new Error('there is more of it than the server said');
		}
		requireSize(state.bytes, limits);
		noteProgress(state, context);
		yield chunk;
	}
}
function requireSize(bytes, { maxReportBytes }) {
	if (bytes <= maxReportBytes) return;
	throw downloadFailed(`the report is larger than ${size(maxReportBytes)}; raise \`max-report-size\` if that is right`);
}
function requireReport(start, url, expectation) {
	const unexpected = findUnexpectedStart(start, expectation);
	if (unexpected === undefined) return;
	throw unexpected.isHtml ? htmlInsteadOfReport(url) : errorInsteadOfReport(url, unexpected.error);
}
const errorInsteadOfReport = ({ host }, error) => downloadFailed(`${host} sent an error in place of the report (${error})`);
function checkWhole(state, url, expectation, limits) {
	requireReport(state.start, url, expectation);
	const error = state.bytes < START_BYTES ? findJsonError(state.start, expectation) : undefined;
	if (error !== undefined) throw errorInsteadOfReport(url, error);
	if (state.bytes >= limits.minReportBytes) return;
	const text =
		state.bytes === 0
			? `the report from ${url.host} is empty; set \`minimum-report-size: 0\` if that may be`
			: `the report from ${url.host} has only ${size(state.bytes)}, less than \`minimum-report-size\``;
	throw new PermanentError(text, 'download-failed', { needsGrace: true });
}
function noteProgress(state, { clock, onEvent, deadline }) {
	const { requestId, bytes, representation, progress, lastProgressLine } = state;
	const nowMs = clock.now();
	if (bytes >= progress.bytes + PROGRESS_BYTES) {
		state.progress = { atMs: nowMs, bytes };
		deadline.noteProgress();
	} else if (nowMs > deadline.giveUpAtMs(progress.atMs)) {
		throw downloadFailed(`next to nothing has come in ${duration(nowMs - progress.atMs)}`);
	}
	const tookMs = nowMs - lastProgressLine.atMs;
	if (tookMs < PROGRESS_LINE_MS) return;
	state.lastProgressLine = { atMs: nowMs, bytes };
	const bytesPerSecond = ((bytes - lastProgressLine.bytes) / tookMs) * 1000;
	const { totalBytes } = representation;
	onEvent({ kind: 'downloading', requestId, bytes, totalBytes, bytesPerSecond });
}
function incompleteDownload({ bytes, representation: { totalBytes } }, { host }, why, cause) {
	const whole = totalBytes === undefined ? '' : ` of ${size(totalBytes)}`;
	const text = `the report from ${host} broke off after ${size(bytes)}${whole}: ${why}`;
	return new TransientError(text, 'unreachable', { cause });
}
const MAX_RATIO = 1000;
const FREE_BYTES = 64 * 1024;
const DECODABLE = ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'];
function isNoCoding(coding) {
	if (coding.includes('/') || ['aws-chunked', 'binary', 'none', 'null'].includes(coding)) return true;
	try {
		return new TextDecoder(coding).encoding !== '';
	} catch {
		return false;
	}
}
async function* unpack(body, codings) {
	let [packed, unpacked] = [0, 0];
	const counted = async function* () {
		for await (const chunk of body) {
			packed += chunk.length;
			yield chunk;
		}
	};
	const name = codings.join(', ');
	const unknown = codings.find((coding) => !DECODABLE.includes(coding) && !isNoCoding(coding));
	if (unknown !== undefined) {
		throw downloadFailed(`the report is said to be compressed as ${unknown}, which cannot be unpacked`);
	}
	try {
		for await (const chunk of await body_decode(counted(), codings)) {
			unpacked += chunk.length;
			if (unpacked > MAX_RATIO * (packed + FREE_BYTES)) {
				throw downloadFailed(`the report unpacks (${name}) to over ${MAX_RATIO} times its size`);
			}
			yield chunk;
		}
	} catch (error) {
		const { code = '', message } = error;
		const isWrongCoding = /^(Z_DATA|ERR_+(BROTLI|ERROR)|ZSTD)/.test(code) && unpacked === 0;
		const isUnknown = error instanceof TransientError && message.includes('is compressed as');
		if (!isWrongCoding && !isUnknown) throw error;
		throw downloadFailed(`the report is said to be compressed as ${name}, and cannot be unpacked: ${message}`);
	}
}
const MAX_ERROR_BYTES = 4096;
function createReport(requestId, part, limits, context) {
	const { clock } = context;
	const state = createState(requestId, clock.now());
	return {
		requestId,
		bytes: () => state.bytes,
		sha256: () => state.hash.copy().digest('hex'),
		receivedBytes: () => state.receivedBytes,
		progressAtMs: () => state.progress.atMs,
		rangeHeaders() {
			const { bytes, representation } = state;
			const { validator } = representation;
			if (bytes === 0 || validator === undefined) return {};
			return { Range: `bytes=${bytes}-`, 'If-Range': validator };
		},
		async receive(response, name, hasCredentials) {
			const { url, status, headers } = response.head;
			if (status >= 300 && status < 400) return resolveRedirect(url, status, headers);
			if (![200, 203, 206, 416].includes(status)) {
				const text = await readStart(response.body);
				throw refusalError(response.head, hasCredentials, text, clock.now());
			}
			const expectation = { name, contentType: headers['content-type'] ?? '' };
			await receiveBody(state, response, expectation, { part, limits, context });
			return undefined;
		},
	};
}
async function receiveBody(state, { head, body }, expectation, reception) {
	const { url, headers } = head;
	const codings = codingsOf(head).filter((coding) => !staysPacked(expectation.name, coding));
	beginResponse(state, url, head.status, headers);
	if (codings.length > 0) {
		state.representation = UNKNOWN;
		refuseCompressedPart(url, headers);
	}
	try {
		const unpacked = codings.length === 0 ? body : unpack(body, codings);
		await reception.part.write(watch(state, url, unpacked, { ...reception, expectation }), state.bytes);
	} catch (error) {
		if (error instanceof PermanentError) throw error;
		throw incompleteDownload(state, url, error.message, error);
	}
	const { totalBytes } = state.representation;
	if (totalBytes !== undefined && state.bytes !== totalBytes) {
		throw incompleteDownload(state, url, 'the server ended it there');
	}
	checkWhole(state, url, expectation, reception.limits);
}
function beginResponse(state, url, status, headers) {
	const placed = placeResponse(state.representation, state.bytes, status, headers);
	if (placed === undefined || placed.offset === 0) beginAnew(state);
	state.representation = placed?.representation ?? UNKNOWN;
	if (placed === undefined) {
		const text = `${url.host} sent a part that does not fit what came before; starting anew`;
		throw new TransientError(text, 'bad-response');
	}
}
function refuseCompressedPart(url, headers) {
	const range = headers['content-range'];
	if (range === undefined) return;
	const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/i.exec(range) ?? [];
	if (start === '0' && Number(end) + 1 === Number(size)) return;
	throw new TransientError(`${url.host} sent a part of a compressed report`, 'bad-response');
}
async function readStart(body) {
	let start = Buffer.alloc(0);
	try {
		for await (const chunk of body) {
			start = Buffer.concat([start, chunk]);
			if (start.length >= MAX_ERROR_BYTES) break;
		}
	} catch {}
	return start.toString('utf8', 0, MAX_ERROR_BYTES);
}
const REFUSALS_IN_A_ROW = 3;
const SHORTEST_TRY_MS = 500;
const SILENCE_MS = 30_000;
const RENEWAL_MS = 30_000;
const ONCE_RETRIES = 3;
const REPORTS_AT_ONCE = 4;
function createReportDownload(settings, context) {
	const { destination, hasReports, timeoutMs } = settings;
	if (destination === undefined || !hasReports) return undefined;
	const deadline = createDownloadDeadline(timeoutMs, context.clock);
	const downloads = { ...context, settings, destination, deadline };
	const limit = pLimit(REPORTS_AT_ONCE);
	return async (outcome) => {
		const { status, requestId, filePath } = outcome;
		if (status !== 'Successful' && status !== 'PartialSuccess') return outcome;
		const reportFiles = [];
		try {
			if (filePath === '') throw downloadFailed('the job has ended but has no link to a report');
			const links = outcome.filePaths ?? [filePath];
			if (links.length > 1 && destination.name !== undefined) {
				throw downloadFailed(
					`the job has ${links.length} reports, and \`download-path\` names one file; give a folder, such as \`reports/\``,
				);
			}
			for (const link of links) parseLink(link, settings.baseUrl);
			for (const [index, link] of links.entries()) {
				const job = { requestId, link, index };
				reportFiles.push(await limit(() => downloadReport(job, downloads)));
			}
			return { ...outcome, reportFiles };
		} catch (error) {
			const reason = context.signal.aborted ? 'cancelled' : 'download-failed';
			const message = [error.message, outcome.message].filter(Boolean).join('; ');
			const hint = filePath === '' ? outcome.hint : undefined;
			const isExpired = error instanceof PermanentError && error.problem === 'link-expired';
			const advice = { problem: isExpired ? error.problem : undefined, hint };
			return { ...outcome, ...advice, status: 'Error', reason, message, reportFiles };
		}
	};
}
async function downloadReport(job, downloads) {
	const { settings, signal } = downloads;
	const url = parseLink(job.link, settings.baseUrl);
	try {
		return await downloadFrom(url, job, downloads);
	} catch (error) {
		signal.throwIfAborted();
		const isRefused = error instanceof PermanentError && error.needsGrace;
		const fresh = isRefused && !job.isRenewed ? await renewLink(job, downloads) : undefined;
		if (fresh !== undefined) return downloadReport({ ...job, link: fresh, isRenewed: true }, downloads);
		const { message } = error;
		const problem = error instanceof PermanentError ? error.problem : undefined;
		const text = message.startsWith('the report ') ? message : `the report could not be downloaded: ${message}`;
		throw new PermanentError(text, 'download-failed', { cause: error, problem });
	}
}
async function renewLink({ requestId, link, index }, { session, clock, signal, deadline }) {
	const nowMs = clock.now();
	const untilMs = Math.min(deadline.giveUpAtMs(nowMs), nowMs + RENEWAL_MS);
	if (untilMs <= nowMs) return undefined;
	const result = await session.poll(requestId, untilMs, signal);
	const { filePath = '', filePaths } = result.observation ?? {};
	const fresh = filePaths?.[index] ?? (index === 0 ? filePath : '');
	return fresh === '' || fresh === link ? undefined : fresh;
}
async function downloadFrom(url, { requestId }, downloads) {
	const part = await createPartFile(downloads.destination);
	try {
		const report = createReport(requestId, part, downloads.settings, downloads);
		const name = await fetchWithRetries(report, url, downloads);
		downloads.signal.throwIfAborted();
		return {
			path: await part.keep(downloads.redact(withoutInvisible(name.normalize('NFC')))),
			bytes: report.bytes(),
			sha256: report.sha256(),
		};
	} finally {
		await part.discard();
	}
}
async function fetchWithRetries(report, url, { settings, deadline, ...context }) {
	const { clock, signal, random, onEvent } = context;
	const giveUpAtMs = () => deadline.giveUpAtMs(report.progressAtMs());
	const fetchRest = createFetch(report, settings, context);
	let [tries, refusals] = [0, 0];
	for (;;) {
		const startMs = clock.now();
		if (startMs >= giveUpAtMs()) throw downloadFailed('no time was left to download the report');
		const silenceMs = () => {
			const untilMs = Math.max(giveUpAtMs(), startMs + SHORTEST_TRY_MS);
			return Math.min(Math.max(untilMs - clock.now(), 1), SILENCE_MS);
		};
		try {
			return await fetchRest(url, silenceMs);
		} catch (error) {
			refusals = error instanceof PermanentError ? refusals + 1 : 0;
			if (!isWorthRetrying(error, refusals)) throw error;
			tries += 1;
			if (settings.timeoutMs === 0 && tries > ONCE_RETRIES) throw error;
			const nowMs = clock.now();
			const leftMs = giveUpAtMs() - SHORTEST_TRY_MS - nowMs;
			if (leftMs <= 0) throw error;
			const requestedMs = error instanceof TransientError ? (error.retryAfterMs ?? 0) : 0;
			const scheduledMs = pauseMs(nowMs - report.progressAtMs(), settings, random());
			const pause = Math.min(Math.max(scheduledMs, requestedMs), leftMs);
			const { requestId } = report;
			onEvent({ kind: 'download-retry', requestId, message: error.message, pauseMs: pause });
			await clock.sleep(pause, signal);
		}
	}
}
const isWorthRetrying = (error, refusals) =>
	error instanceof TransientError || (error instanceof PermanentError && error.needsGrace && refusals < REFUSALS_IN_A_ROW);
const VARIABLES = ['https_proxy', 'HTTPS_PROXY'];
function useProxy(environment, secrets) {
	const proxy = readProxy(environment);
	if (proxy === undefined) return;
	const [user = '', password = ''] = decodeCredentials(proxy.url) ?? [];
	secrets.add(password);
	if (password !== '') secrets.add(`${user}:${password}`);
	environment[proxy.variable] = proxy.url.href;
}
function readProxy(environment) {
	const variable = VARIABLES.find((name) => environment[name]);
	const text = variable === undefined ? '' : (environment[variable] ?? '').trim();
	if (variable === undefined || text === '') return undefined;
	const full = text.includes('://') ? text : `http://${text}`;
	const url = URL.canParse(full) ? new URL(full) : undefined;
	if (!url || url.hostname === '' || !/^https?:$/.test(url.protocol) || decodeCredentials(url) === undefined) {
		throw new BadInputs([`\`${variable}\` of the runner is not the URL of a proxy, as http://proxy.example:3128`]);
	}
	return { variable, url };
}
function decodeCredentials({ username, password }) {
	try {
		return [decodeURIComponent(username), decodeURIComponent(password)];
	} catch {
		return undefined;
	}
}
function parseJson(text) {
	return JSON.parse(quoteUnsafeIntegers(text));
}
const MAX_VALUES = 250_000;
function refuseEndlessJson(body) {
	if (body.length < MAX_VALUES || !/^\s*[{[]/.test(body)) return;
	let values = 0;
	forEachPlainPart(body, (start, end) => {
		for (let at = start; at < end; at += 1) {
			if (BEGINS_VALUE[body.charCodeAt(at)] === 1) values += 1;
		}
		return values <= MAX_VALUES;
	});
	if (values <= MAX_VALUES) return;
	const text = `the response holds over ${MAX_VALUES.toLocaleString('en')} values, which is no status; is this the URL of one job?`;
	throw new PermanentError(text, 'bad-response');
}
const BEGINS_VALUE = Uint8Array.from({ length: 128 }, (_, code) => ('[{,'.includes(String.fromCharCode(code)) ? 1 : 0));
function forEachPlainPart(text, see) {
	let at = 0;
	while (at < text.length) {
		const quote = text.indexOf('"', at);
		if (!see(at, quote < 0 ? text.length : quote) || quote < 0) return;
		at = endOfString(text, quote);
	}
}
const BACKSLASH = 92;
function endOfString(text, start) {
	for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
		let first = quote;
		while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
		if ((quote - first) % 2 === 0) return quote + 1;
	}
	return text.length;
}
function quoteUnsafeIntegers(text) {
	if (!/\d{16}/.test(text)) return text;
	const parts = [];
	let doneTo = 0;
	forEachPlainPart(text, (start, end) => {
		if (end - start < 16) return true;
		const quoted = text.slice(start, end).replace(LONG_NUMBER, quoteUnsafeInteger);
		parts.push(text.slice(doneTo, start), quoted);
		doneTo = end;
		return true;
	});
	return parts.join('') + text.slice(doneTo);
}
const LONG_NUMBER = /[-+.\w]{16,}/g;
const quoteUnsafeInteger = (token) => (/^-?[1-9]\d*$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token);
function isObject(value) {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function objectsIn(value) {
	return Array.isArray(value) ? value.filter(isObject) : [];
}
function toText(value) {
	if (typeof value !== 'string') return typeof value === 'number' ? String(value) : '';
	const text = value.trim();
	return text.length > MAX_TEXT_LENGTH ? cutText(text, MAX_TEXT_LENGTH + 1) : text;
}
const isFalse = (value) => value === false || ['false', '0'].includes(toText(value).toLowerCase());
const isTrue = (value) => value === true || toText(value).toLowerCase() === 'true';
const toJson = (value) => cutText(JSON.stringify(value));
function toNumber(value) {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}
const secondsToMs = (value) => (toNumber(value) ?? 0) * 1000;
function withKnownKeys(value, keys) {
	const byLowerCase = new Map(keys.map((key) => [key.toLowerCase(), key]));
	const rename = (one) => {
		if (Array.isArray(one)) return one.map(rename);
		if (!isObject(one)) return one;
		const entries = Object.entries(one).map(([key, member]) => {
			const known = byLowerCase.get(key.toLowerCase()) ?? key;
			return [Object.hasOwn(one, known) ? key : known, rename(member)];
		});
		return Object.fromEntries(entries);
	};
	return rename(value);
}
const MAX_LISTED = 100;
function joinErrors(errors, toMessage) {
	const texts = errors.slice(0, MAX_LISTED).map(toMessage).filter(Boolean);
	if (errors.length > MAX_LISTED) texts.push(`${errors.length - MAX_LISTED} more`);
	return texts.join('; ');
}
function errorMessage(error, ...fields) {
	const text = fields.map((field) => toText(error[field])).find(Boolean);
	return text ?? toJson(error);
}
function findErrorMessage(body, text) {
	if (!isObject(body)) return body === undefined ? findXmlError(text) : '';
	const error = isObject(body.error) ? body.error : {};
	const fault = isObject(body.fault) ? body.fault : {};
	const candidates = [
		toText(body.error_description),
		joined(error.code ?? error.status, error.message ?? error.detail),
		toText(body.message),
		toText(body.Message),
		joined(body.title, body.detail),
		listed(body.errors ?? body.Errors),
		listed(error.errors),
		toText(fault.faultstring),
		toText(body.errorMessage),
		toText(body.error),
	];
	return candidates.find(Boolean) ?? '';
}
function joined(first, second) {
	const [code, message] = [toText(first), toText(second)];
	return message === '' ? '' : [code, message].filter(Boolean).join(': ');
}
const error_message_MAX_LISTED = 10;
function listed(errors) {
	const texts = Array.isArray(errors) ? errors.slice(0, error_message_MAX_LISTED).map(toText) : [];
	const messages = objectsIn(errors)
		.slice(0, error_message_MAX_LISTED)
		.map((error) => [error.message, error.Message, error.detail, error.title, error.reason].map(toText).find(Boolean));
	return [...texts, ...messages].filter(Boolean).join('; ');
}
function saysTokenEnded({ status, headers, body: text }, body) {
	if (status >= 300 && status < 400) return isLoginPage(headers.location ?? '');
	if (status !== 400 && status !== 403) return false;
	if (/error="?invalid_token/i.test(headers['www-authenticate'] ?? '')) return true;
	if (status === 403 && isLoginForm(text)) return true;
	const codes = [...errorCodes(body), ...findXmlError(text).split(':').slice(0, 1)];
	return codes.some((code) => /invalid_?(token|session)|expired/i.test(code));
}
const LOGIN_PATH =
	/(^|[/.])(log|sign|servicelog)[-_]?(in|on)\b|[/.](sso|saml|oauth2?|authorize|adfs|openid-connect)([/?.]|$)|\/auth([?/]|$)|\/session\/new\b|[?&]wa=wsignin/i;
const isLoginPage = (location) => LOGIN_PATH.test(location.slice(0, 2000));
const isLoginForm = (text) =>
	isHtmlPage(text.slice(0, 10_000)) && /type=["']?password|<title>[^<]{0,100}(log|sign)[ -]?in\b/i.test(text.slice(0, 10_000));
function errorCodes(json) {
	const body = withKnownKeys(json, CODE_KEYS);
	if (Array.isArray(body)) return objectsIn(body).slice(0, 10).flatMap(errorCodes);
	if (!isObject(body)) return [];
	const error = isObject(body.error) ? body.error : {};
	const listed = objectsIn(body.errors).flatMap(({ code, errorCode }) => [code, errorCode]);
	const codes = [body.error, body.code, body.errorCode, body.error_code, body.__type];
	return [...codes, error.code, error.status, error.type, ...listed].map(toText);
}
const CODE_KEYS = ['error', 'errors', 'code', 'errorCode', 'error_code', '__type', 'status', 'type'];
function awsErrorKind(body) {
	const code = isObject(body) ? toText(body.__type) : '';
	if (/throttl|TooManyRequests|RequestLimitExceeded|ThroughputExceeded/i.test(code)) {
		return 'rate limit';
	}
	return /(NotFound|DoesNotExist)(Exception)?$/.test(code) ? 'not found' : undefined;
}
function saysRateLimit(text) {
	return RATE_LIMIT.test(text.slice(0, 2000));
}
const RATE_LIMIT = /(rate|request)[ _-]?limit|too many requests|throttl|quota (has been )?exceeded|limit (reached|exceeded)/i;
function parseBody(response) {
	try {
		return parseJson(response.body);
	} catch {
		return undefined;
	}
}
function fieldOf(response, name) {
	const find = (value, depth) => {
		if (Array.isArray(value)) return value.length === 1 ? find(value[0], depth) : '';
		if (!isObject(value) || depth > MAX_ENVELOPES) return '';
		const entry = Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase());
		const own = toText(entry?.[1]);
		return (
			own ||
			(Object.values(value)
				.map((one) => find(one, depth + 1))
				.find(Boolean) ??
				'')
		);
	};
	return find(parseBody(response), 0);
}
const MAX_ENVELOPES = 2;
function readJson(response, explain) {
	const body = parseBody(response);
	if (response.status < 200 || response.status > 299) {
		throw httpError(response, isObject(body) ? explain(body) : '');
	}
	if (body === undefined) throw notJson(response);
	return body;
}
function notJson(response) {
	const text = `the response is not JSON: ${describeBody(response)}`;
	return /^\s*</.test(response.body) ? new HtmlInsteadOfJson(text) : new TransientError(text, 'bad-response', { problem: 'not-json' });
}
function missing(expected, response) {
	const text = `the response has no ${expected}: ${describeBody(response)}`;
	return new TransientError(text, 'bad-response');
}
const TRANSIENT_STATUSES = [408, 409, 423, 425, 429, 449];
const PROBLEM_BY_STATUS = {
	403: 'not-allowed',
	405: 'wrong-method',
	406: 'wrong-type',
	409: 'conflict',
	415: 'wrong-type',
	423: 'conflict',
};
function httpError(response, providerMessage) {
	const { status, body } = response;
	const json = parseBody(response);
	const message = providerMessage || findErrorMessage(json, body);
	const text = `HTTP ${status}: ${message || describeBody(response)}`;
	const tokenEnded = saysTokenEnded(response, json);
	if (status >= 300 && status < 400 && status !== 304) return redirectError(response, tokenEnded);
	if (status === 401) return new CredentialsRejected(text);
	const awsError = status === 400 ? awsErrorKind(json) : undefined;
	const isLimited = isRateLimit(response) || (status === 403 && saysRateLimit(body)) || awsError === 'rate limit';
	if (isLimited || status >= 500 || TRANSIENT_STATUSES.includes(status)) {
		const problem = isLimited ? 'rate-limited' : (PROBLEM_BY_STATUS[status] ?? 'server-error');
		return new TransientError(text, 'unreachable', { isRateLimit: isLimited, problem });
	}
	if (status === 404 || status === 410 || awsError === 'not found') {
		return new PermanentError(text, 'not-found', { needsGrace: true });
	}
	const problem = PROBLEM_BY_STATUS[status] ?? 'bad-request';
	if (status >= 400) return new PermanentError(text, 'rejected', { tokenEnded, problem });
	return new TransientError(text, 'bad-response');
}
function redirectError(response, tokenEnded) {
	const { url, status } = response;
	const { location } = response.headers;
	const target =
		location !== undefined && URL.canParse(location, url.href)
			? `a redirect to ${new URL(location, url).host}, which is not followed`
			: 'a redirect that names no target';
	const text = `HTTP ${status}: ${target}`;
	return new PermanentError(text, 'bad-response', { tokenEnded, problem: 'redirected' });
}
function describeBody(response) {
	const { headers, body } = response;
	if (body.trim() === '') return 'the body is empty';
	const title = htmlTitle(body);
	if (title !== undefined) return `an HTML page “${title}”`;
	return `${headers['content-type'] ?? 'no content type'}, ${cutText(body)}`;
}
function htmlTitle(body) {
	const beginning = cutText(body);
	const lower = beginning.toLowerCase();
	const start = lower.indexOf('>', lower.indexOf('<title'));
	const end = lower.indexOf('</title', start);
	if (!lower.includes('<title') || start < 0 || end < 0) return undefined;
	return beginning.slice(start + 1, end).trim();
}
const TOKEN_KEYS = [
	...['access_token', 'expires_in', 'refresh_token', 'error', 'error_description', 'message'],
	...['data', 'accessToken', 'expiresIn', 'content', 'token'],
];
const MAX_TOKEN_LENGTH = 16 * 1024;
const SHORTEST_LIFETIME_MS = 1000;
function readToken(response, find, explain) {
	const body = withKnownKeys(parseBody(response), TOKEN_KEYS);
	const json = isObject(body) ? body : {};
	const why = explain(json) || `no reason that is understood, in ${response.body.length} characters`;
	if (response.status < 200 || response.status > 299) throw httpError(response, why);
	if (!isObject(body)) {
		const text = `the response to the login is not JSON: ${response.body.length} characters`;
		throw new TransientError(text, 'bad-response');
	}
	const { value, lifetimeMs, refreshToken } = find(body);
	const token = toText(value);
	if (token === '') {
		throw new PermanentError(`HTTP ${response.status} without a token: ${why}`, 'rejected');
	}
	if (token.length > MAX_TOKEN_LENGTH) {
		const text = 'the issued token has over 16 KiB, more than a header can carry';
		throw new PermanentError(text, 'bad-response');
	}
	if (/[^\x20-\x7E]/.test(token)) {
		throw new PermanentError('the issued token holds a character that no header can carry', 'bad-response');
	}
	const lifetime = toNumber(lifetimeMs) ?? 0;
	return {
		value: token,
		lifetimeMs: lifetime > 0 ? Math.max(lifetime, SHORTEST_LIFETIME_MS) : undefined,
		refreshToken: readRefreshToken(refreshToken),
	};
}
function readRefreshToken(value) {
	const token = toText(value);
	return token === '' || token.length > MAX_TOKEN_LENGTH ? undefined : token;
}
function readOAuthToken(response) {
	return readToken(
		response,
		(body) => ({
			value: body.access_token,
			lifetimeMs: secondsToMs(body.expires_in),
			refreshToken: body.refresh_token,
		}),
		explainOAuth,
	);
}
const explainOAuth = (body) => [toText(body.error), toText(body.error_description)].filter(Boolean).join(': ') || toText(body.message);
const contradiction_ERROR_KEYS = ['error', 'errors', 'errorcode', 'errormessage'];
function findContradiction(body) {
	return Object.entries(body).find(([key, value]) =>
		key.toLowerCase() === 'success' ? isFalse(value) : contradiction_ERROR_KEYS.includes(key.toLowerCase()) && isSaid(value),
	)?.[0];
}
function isSaid(value) {
	if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
	return typeof value === 'string' ? value.trim() !== '' : Boolean(value);
}
function jsonRequest(url, body, headers = {}) {
	return {
		method: 'POST',
		url,
		headers: { 'Content-Type': 'application/json', ...headers },
		body: JSON.stringify(body),
	};
}
const basicCredentials = (user, secret) => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
function formRequest(url, fields, headers = {}) {
	return {
		method: 'POST',
		url: new URL(url),
		headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
		body: new URLSearchParams(fields).toString(),
	};
}
function tokenRequest(url, grant, { clientId, clientSecret, clientAuthentication }) {
	if (clientId === '') return formRequest(url, grant);
	if (clientSecret === '') return formRequest(url, { ...grant, client_id: clientId });
	if (clientAuthentication === 'body') {
		return formRequest(url, { ...grant, client_id: clientId, client_secret: clientSecret });
	}
	const [user, secret] = [encodeURIComponent(clientId), encodeURIComponent(clientSecret)];
	return formRequest(url, grant, { Authorization: basicCredentials(user, secret) });
}
const COMMON_STATUS_WORDS = {
	successful: ['success', 'successful', 'succeeded', 'complete', 'completed', 'done', 'finished', 'processed'],
	partial: ['partial', 'partialsuccess', 'partiallysucceeded', 'completedwitherrors'],
	failed: ['failure', 'failed', 'error', 'errored', 'rejected', 'invalid', 'aborted', 'cancelled', 'canceled', 'expired', 'timedout'],
	pending: [
		...['created', 'inprogress', 'new', 'notstarted', 'open', 'pending', 'processing'],
		...['queued', 'received', 'running', 'scheduled', 'started', 'submitted', 'waiting'],
	],
};
const MAX_STATUSES = 10;
const distinctStatuses = (statuses) => [...new Set(statuses.filter(Boolean))].slice(0, MAX_STATUSES);
const normalizeStatus = (status) => (/^-?\d/.test(status) ? status : status.toLowerCase().replace(/[\s_-]/g, ''));
function combine(states) {
	const unfinished = ['unknown', 'pending'].find((state) => states.includes(state));
	if (unfinished !== undefined) return unfinished;
	if (new Set(states).size <= 1) return states[0] ?? 'pending';
	return states.includes('successful') ? 'partial' : 'failed';
}
const classify = (status, ...lists) => createClassifier(...lists)(status);
function createClassifier(...lists) {
	const states = new Map();
	for (const words of lists.toReversed()) {
		for (const [state, members] of Object.entries(words).toReversed()) {
			for (const member of members) states.set(normalizeStatus(member), state);
		}
	}
	return (status) => states.get(normalizeStatus(status)) ?? 'unknown';
}
const STATUS_WORDS = {
	pending: ['OPEN'],
	successful: ['SUCCESS'],
	failed: ['FAILURE', 'INTERNAL_ERROR'],
};
const [SERVICE_UNAVAILABLE, UNKNOWN_REQUEST] = ['GLOBAL_1001', 'GLOBAL_1003'];
const KEYS = 'errorCode errorMessage content requestId status pageable page totalPages totalElements'.split(' ');
const MAX_PAGES = 1000;
const flolive = {
	title: 'floLIVE',
	defaultBaseUrl: 'https://floportal.flolive.net',
	hasReports: () => false,
	requiredInputs: [],
	loginInputs: ['username', 'password'],
	optionalInputs: ['token-url', 'page-parameter'],
	create: ({ baseUrl, tokenUrl, username, password, pageParameter, statusWords }) => ({
		credentials: (token) => ({ Authorization: `Bearer ${token}` }),
		startedId: ({ headers }) => toText(headers['request-id']),
		judge: (response) => observe([readPage(response)], statusWords),
		poll: async (id, send) => {
			const read = async (page) => {
				const url = new URL(`${baseUrl}/api/v3/global/call/${encodeURIComponent(id)}`);
				if (page !== undefined) url.searchParams.set(pageParameter, String(page));
				return readPage(await send({ method: 'GET', url }));
			};
			const first = await read();
			if (first.total > MAX_PAGES) {
				throw badResponse(`the response has ${first.total} pages, more than ${MAX_PAGES}`);
			}
			const pages = [first];
			while (pages.some(({ total }) => pages.length < Math.min(total, MAX_PAGES))) {
				const number = (first.number ?? 0) + pages.length;
				const further = await read(number);
				if (repeats(further, number, pages)) {
					throw badResponse(
						`page ${number} of ${first.total} repeats an earlier one: floLIVE does not understand ` +
							`the query parameter “${pageParameter}”; name the right one in page-parameter`,
					);
				}
				pages.push(further);
			}
			return observe(pages, statusWords);
		},
		logIn: async (send) => {
			const url = new URL(tokenUrl || `${baseUrl}/api/v2/auth/token`);
			const response = await send(jsonRequest(url, { username, password }));
			const body = parseBody(response);
			if (isObject(body) && toText(body.errorCode) === SERVICE_UNAVAILABLE) {
				throw new TransientError(explain(body), 'unreachable');
			}
			return readToken(response, ({ content }) => ({ value: objectsIn(content)[0]?.token }), explain);
		},
	}),
};
const badResponse = (text) => new PermanentError(text, 'bad-response');
function observe(pages, customWords) {
	const entries = pages.flatMap((page) => page.entries);
	const total = Math.max(...pages.map((page) => page.totalEntries ?? 0));
	if (entries.length < total || pages.some((page) => page.entries.length === 0)) {
		const warning = 'the response lists no or not all inner requests; taken as pending';
		return { state: 'pending', providerStatus: '', warning };
	}
	const classifyStatus = createClassifier(customWords, STATUS_WORDS);
	const states = entries.map(({ status, hasError }) => {
		const state = classifyStatus(status);
		return state === 'successful' && hasError ? 'failed' : state;
	});
	const state = combine(states);
	if (state === 'successful' && pages.some((page) => page.hasError)) {
		const said = pages.map((page) => page.message).find(Boolean) ?? 'no message';
		throw badResponse(`every status contradicts the error in the same response: ${said}`);
	}
	return {
		state,
		unknownStatuses: distinctStatuses(entries.flatMap(({ status }, index) => (states[index] === 'unknown' ? status : []))),
		providerStatus: distinctStatuses(entries.map(({ status }) => status).sort()).join(', '),
		progress: `${states.filter(isSettled).length} of ${entries.length} requests done`,
		message: isSettled(state) ? describeFailures(entries, states) : '',
	};
}
function describeFailures(entries, states) {
	const failed = entries.filter((_, index) => states[index] !== 'successful');
	const named = failed.slice(0, 10).map(({ requestId, status }) => `${requestId} ${status}`.trim());
	if (failed.length > 10) named.push(`${failed.length - 10} more`);
	const text = `${failed.length} of ${entries.length} inner requests failed: ${named.join(', ')}`;
	return failed.length === 0 ? '' : text;
}
function readPage(response) {
	const raw = withKnownKeys(parseBody(response), KEYS);
	const error = isObject(raw) ? raw : {};
	const [code, text] = [toText(error.errorCode), `floLIVE refused with ${explain(error)}`];
	throwRefusal(code, text);
	const body = withKnownKeys(readJson(response, explain), KEYS);
	if (code !== '') throw new PermanentError(text, 'job-failed');
	if (!isObject(body) || !('content' in body)) throw missing('content', response);
	const { content } = body;
	const listed = content === '' || content === null ? [] : content;
	if (!Array.isArray(listed)) throw missing('list of inner requests', response);
	const pageable = isObject(body.pageable) ? body.pageable : {};
	return {
		entries: listed.map((entry) => readEntry(entry, response)),
		number: toNumber(pageable.page),
		total: toNumber(pageable.totalPages) ?? 1,
		totalEntries: toNumber(pageable.totalElements),
		hasError: findContradiction(body) !== undefined,
		message: toText(body.errorMessage),
	};
}
function readEntry(entry, response) {
	const fields = isObject(entry) ? entry : {};
	const status = toText(fields.status);
	if (status === '') throw missing('status in one inner request', response);
	return {
		requestId: toText(fields.requestId),
		status,
		hasError: findContradiction(fields) !== undefined,
	};
}
function repeats(page, requested, earlier) {
	if (page.number !== undefined && page.number !== requested) return true;
	const known = new Set(earlier.flatMap(({ entries }) => entries).map(({ requestId }) => requestId));
	known.delete('');
	return page.entries.length > 0 && page.entries.every(({ requestId }) => known.has(requestId));
}
function throwRefusal(code, text) {
	if (code === SERVICE_UNAVAILABLE) throw new TransientError(text, 'unreachable');
	if (code === UNKNOWN_REQUEST) throw new PermanentError(text, 'not-found', { needsGrace: true });
	if (code.startsWith('AUTH_')) throw new CredentialsRejected(text);
}
const explain = (body) => [toText(body.errorCode), toText(body.errorMessage)].filter(Boolean).join(': ');
function parseTimeMs(text) {
	if (/^\d{13}$/.test(text)) return Number(text);
	if (/^\d{9,10}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
	const isTime = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d|$)/.test(text);
	const zone = /^[^:]*:[\d:.]*$/.test(text) ? 'Z' : '';
	const ms = isTime ? Date.parse(text + zone) : NaN;
	return Number.isNaN(ms) ? undefined : ms;
}
var nt=Object.defineProperty,it=(t,e,r)=>e in t?nt(t,e,{enumerable:!0,configurable:!0,writable:!0,value:r}):t[e]=r,a=(t,e,r)=>it(t,"symbol"!=typeof e?e+"":e,r),L=t=>null!==t&&"[object Object]"===Object.prototype.toString.call(t),O=(t,e)=>{if(t===e)return!0;if(typeof t!=typeof e)return!1;if(Array.isArray(t)&&Array.isArray(e)){if(t.length!==e.length)return!1;for(let r=0;r<t.length;r+=1)if(!O(t[r],e[r]))return!1;return!0}if(L(t)&&L(e)){let r=Object.entries(t),i=new Set(Object.keys(e));if(r.length!==i.size)return!1;for(let[t,n]of r){if(!O(n,e[t]))return!1;i.delete(t)}return 0===i.size}return!1},E=t=>null==t||!1===t||("string"==typeof t?""===t:"object"==typeof t&&(Array.isArray(t)?0===t.length:null===t||0===Object.keys(t).length)),S=t=>t>="a"&&t<="z"||t>="A"&&t<="Z"||"_"===t,R=t=>t>="0"&&t<="9"||"-"===t,J=t=>t>="a"&&t<="z"||t>="A"&&t<="Z"||t>="0"&&t<="9"||"_"===t,f=t=>{if("number"!=typeof t||Math.floor(t)!==t)throw new Error("invalid-value: expecting an integer.");return t},d=t=>{if("number"!=typeof t||t<0||Math.floor(t)!==t)throw new Error("invalid-value: expecting a non-negative integer.");return t},_=(...t)=>{for(let e=0;e<t.length;e++){if(null===t[e]||void 0===t[e])throw new Error("not-a-number: undefined");if("number"!=typeof t[e])throw new Error("not-a-number")}},B=t=>{if(!(t=+t))throw new Error("not-a-number: divide by zero");return t},w=(t,e)=>(_(t,e),t+e),M=(t,e)=>(_(t,e),t-e),U=(t,e)=>(_(t,e),t*e),k=(t,e)=>(_(t,e),t/B(e)),C=(t,e)=>(_(t,e),Math.floor(t/B(e))),V=(t,e)=>(_(t,e),t%e),G=(t,e,r,i)=>{if(!t||!e)return null;r=Math.max(f(r=r||0),0),i=Math.min(f(i=i||t.length),t.length);let n=t.slice(r,i).indexOf(e);return-1===n?null:n+r},D=(t,e,r,i)=>{if(!t||!e)return null;r=Math.max(f(r=r||0),0),i=Math.min(f(i=i||t.length),t.length);let n=t.slice(r,i).lastIndexOf(e);return-1===n?null:n+r},j=t=>t.toLowerCase(),$=(t,e,r)=>{if((r=r||" ").length>1)throw new Error(`invalid value, ${t} expects its 'pad' parameter to be a valid string with a single codepoint`);return d(e),r},Q=(t,e,r)=>(r=$("pad_left",e,r),t&&t.padStart(e,r)||""),H=(t,e,r)=>(r=$("pad_right",e,r),t&&t.padEnd(e,r)||""),N=(t,e,r,i)=>0===i?t:i?(d(i),[...Array(i).keys()].map(()=>t=t.replace(e,r)),t):t.split(e).join(r),X=(t,e,r)=>{if(0==t.length&&0===e.length)return[];if(null==r)return t.split(e);if(d(r),0===r)return[t];let i=t.split(e);return[...i.slice(0,r),i.slice(r).join(e)]},z=(t,e)=>I(x(t,e),e),I=(t,e)=>q(t,t=>new RegExp(`^[${t}]*(.*?)`),e),x=(t,e)=>q(t,t=>new RegExp(`(.*?)[${t}]*$`),e),q=(t,e,r)=>{let i=r?r.replace(/[-/\\^$*+?.()|[\]{}]/g,"\\$&"):"\\s";return t.replace(e(i),"$1")},W=t=>t.toUpperCase(),Z={"(":"Lparen",")":"Rparen","*":"Star",",":"Comma",".":"Dot",":":"Colon","@":"Current","]":"Rbracket","{":"Lbrace","}":"Rbrace","+":"Plus","%":"Modulo","?":"Question","−":"Minus","×":"Multiply","÷":"Divide"},st={"!":!0,"<":!0,"=":!0,">":!0,"&":!0,"|":!0,"/":!0},ut={"\t":!0,"\n":!0,"\r":!0," ":!0},P=class{constructor(){a(this,"_current",0),a(this,"_enable_legacy_literals",!1)}tokenize(t,e){let r,i,n,s=[];for(this._current=0,this._enable_legacy_literals=e?.enable_legacy_literals||!1;this._current<t.length;)if(S(t[this._current]))r=this._current,i=this.consumeUnquotedIdentifier(t),s.push({start:r,type:"UnquotedIdentifier",value:i});else if(void 0!==Z[t[this._current]])s.push({start:this._current,type:Z[t[this._current]],value:t[this._current]}),this._current+=1;else if("$"===t[this._current])r=this._current,this._current+1<t.length&&S(t[this._current+1])?(this._current+=1,i=this.consumeUnquotedIdentifier(t),s.push({start:r,type:"Variable",value:i})):(s.push({start:r,type:"Root",value:t[this._current]}),this._current+=1);else if("-"===t[this._current])if(this._current+1<t.length&&R(t[this._current+1])){let e=this.consumeNumber(t);e&&s.push(e)}else{let t={start:this._current,type:"Minus",value:"-"};s.push(t),this._current+=1}else if(R(t[this._current]))n=this.consumeNumber(t),s.push(n);else if("["===t[this._current])n=this.consumeLBracket(t),s.push(n);else if('"'===t[this._current])r=this._current,i=this.consumeQuotedIdentifier(t),s.push({start:r,type:"QuotedIdentifier",value:i});else if("'"===t[this._current])r=this._current,i=this.consumeRawStringLiteral(t),s.push({start:r,type:"Literal",value:i});else if("`"===t[this._current]){r=this._current;let e=this.consumeLiteral(t);s.push({start:r,type:"Literal",value:e})}else if(void 0!==st[t[this._current]])n=this.consumeOperator(t),n&&s.push(n);else{if(void 0===ut[t[this._current]]){let e=new Error(`Syntax error: unknown character: ${t[this._current]}`);throw e.name="LexerError",e}this._current+=1}return s}consumeUnquotedIdentifier(t){let e=this._current;for(this._current+=1;this._current<t.length&&J(t[this._current]);)this._current+=1;return t.slice(e,this._current)}consumeQuotedIdentifier(t){let e=this._current;this._current+=1;let r=t.length;for(;'"'!==t[this._current]&&this._current<r;){let e=this._current;"\\"!==t[e]||"\\"!==t[e+1]&&'"'!==t[e+1]?e+=1:e+=2,this._current=e}this._current+=1;let[i,n]=this.parseJSON(t.slice(e,this._current));if(!n){let t=new Error("syntax: unexpected end of JSON input");throw t.name="LexerError",t}return i}consumeRawStringLiteral(t){let e=this._current;this._current+=1;let r=t.length;for(;"'"!==t[this._current]&&this._current<r;){let e=this._current;"\\"!==t[e]||"\\"!==t[e+1]&&"'"!==t[e+1]?e+=1:e+=2,this._current=e}this._current+=1;let i=t.slice(e+1,this._current-1);return N(N(i,"\\\\","\\"),"\\'","'")}consumeNumber(t){let e=this._current;this._current+=1;let r=t.length;for(;R(t[this._current])&&this._current<r;)this._current+=1;return{start:e,value:parseInt(t.slice(e,this._current),10),type:"Number"}}consumeLBracket(t){let e=this._current;return this._current+=1,"?"===t[this._current]?(this._current+=1,{start:e,type:"Filter",value:"[?"}):"]"===t[this._current]?(this._current+=1,{start:e,type:"Flatten",value:"[]"}):{start:e,type:"Lbracket",value:"["}}consumeOrElse(t,e,r,i){let n=this._current;return this._current+=1,this._current<t.length&&t[this._current]===e?(this._current+=1,{start:n,type:i,value:t.slice(n,this._current)}):{start:n,type:r,value:t[n]}}consumeOperator(t){switch(t[this._current]){case"!":return this.consumeOrElse(t,"=","Not","NE");case"<":return this.consumeOrElse(t,"=","LT","LTE");case">":return this.consumeOrElse(t,"=","GT","GTE");case"=":return this.consumeOrElse(t,"=","Assign","EQ");case"&":return this.consumeOrElse(t,"&","Expref","And");case"|":return this.consumeOrElse(t,"|","Pipe","Or");case"/":return this.consumeOrElse(t,"/","Divide","Div")}}consumeLiteral(t){this._current+=1;let e=this._current,r=t.length;for(;"`"!==t[this._current]&&this._current<r;){let e=this._current;"\\"!==t[e]||"\\"!==t[e+1]&&"`"!==t[e+1]?e+=1:e+=2,this._current=e}let i=t.slice(e,this._current).trimStart();i=i.replace("\\`","`");let n=null,s=!1;if(this.looksLikeJSON(i)&&([n,s]=this.parseJSON(i)),!s&&this._enable_legacy_literals&&([n,s]=this.parseJSON(`"${i}"`)),!s){let e=new Error(`Syntax error: unexpected end of JSON input or invalid format for a JSON literal: ${t[this._current]}`);throw e.name="LexerError",e}return this._current+=1,n}looksLikeJSON(t){if(""===t)return!1;if('[{"'.includes(t[0])||["true","false","null"].includes(t))return!0;if("-0123456789".includes(t[0])){let[e,r]=this.parseJSON(t);return r}return!1}parseJSON(t){try{return[JSON.parse(t),!0]}catch{return[null,!1]}}},ot=new P,y=ot,p={EOF:0,Variable:0,UnquotedIdentifier:0,QuotedIdentifier:0,Rbracket:0,Rparen:0,Comma:0,Rbrace:0,Number:0,Current:0,Expref:0,Root:0,Assign:1,Pipe:1,Question:2,Or:3,And:4,EQ:5,GT:5,LT:5,GTE:5,LTE:5,NE:5,Minus:6,Plus:6,Div:7,Divide:7,Modulo:7,Multiply:7,Flatten:9,Star:20,Filter:21,Dot:40,Not:45,Lbrace:50,Lbracket:55,Lparen:60},b=class t{constructor(){a(this,"index",0),a(this,"tokens",[])}parse(t,e){this.loadTokens(t,e||{enable_legacy_literals:!1}),this.index=0;let r=this.expression(0);if("EOF"!==this.lookahead(0)){let t=this.lookaheadToken(0);this.errorToken(t,`Syntax error: unexpected token type: ${t.type}, value: ${t.value}`)}return r}loadTokens(t,e){this.tokens=y.tokenize(t,e),this.tokens.push({type:"EOF",value:"",start:t.length})}expression(t){let e=this.lookaheadToken(0);this.advance();let r=this.nud(e),i=this.lookahead(0);for(;t<p[i];)this.advance(),r=this.led(i,r),i=this.lookahead(0);return r}lookahead(t){return this.tokens[this.index+t].type}lookaheadToken(t){return this.tokens[this.index+t]}advance(){this.index+=1}nud(e){switch(e.type){case"Variable":return{type:"Variable",name:e.value};case"Literal":return{type:"Literal",value:e.value};case"UnquotedIdentifier":return t.isKeyword(e,"let")&&"Variable"===this.lookahead(0)?this.parseLetExpression():{type:"Field",name:e.value};case"QuotedIdentifier":if("Lparen"===this.lookahead(0))throw new Error("Syntax error: quoted identifier not allowed for function names.");return{type:"Field",name:e.value};case"Not":return{type:"NotExpression",child:this.expression(p.Not)};case"Minus":{let t=this.expression(p.Minus);return{type:"Unary",operator:e.type,operand:t}}case"Plus":{let t=this.expression(p.Plus);return{type:"Unary",operator:e.type,operand:t}}case"Star":return{type:"ValueProjection",left:{type:"Identity"},right:this.parseProjectionRHS(p.Star)};case"Filter":return this.led(e.type,{type:"Identity"});case"Lbrace":return this.parseMultiselectHash();case"Flatten":return{type:"Projection",left:{type:"Flatten",child:{type:"Identity"}},right:this.parseProjectionRHS(p.Flatten)};case"Lbracket":if("Number"===this.lookahead(0)||"Colon"===this.lookahead(0)){let t=this.parseIndexExpression();return this.projectIfSlice({type:"Identity"},t)}if("Star"===this.lookahead(0)&&"Rbracket"===this.lookahead(1)){return this.advance(),this.advance(),{left:{type:"Identity"},right:this.parseProjectionRHS(p.Star),type:"Projection"}}return this.parseMultiselectList();case"Current":return{type:"Current"};case"Root":return{type:"Root"};case"Expref":return{type:"ExpressionReference",child:this.expression(p.Expref)};case"Lparen":{let t=this.expression(0);return this.match("Rparen"),t}default:this.errorToken(e)}}led(t,e){switch(t){case"Question":{let t=this.expression(0);return this.match("Colon"),{type:"Ternary",condition:e,trueExpr:t,falseExpr:this.expression(0)}}case"Dot":{let t=p.Dot;if("Star"!==this.lookahead(0)){return{type:"Subexpression",left:e,right:this.parseDotRHS(t)}}return this.advance(),{type:"ValueProjection",left:e,right:this.parseProjectionRHS(t)}}case"Pipe":return{type:"Pipe",left:e,right:this.expression(p.Pipe)};case"Or":return{type:"OrExpression",left:e,right:this.expression(p.Or)};case"And":return{type:"AndExpression",left:e,right:this.expression(p.And)};case"Lparen":if("Field"!==e.type)throw new Error("Syntax error: expected a Field node");return{name:e.name,type:"Function",children:this.parseCommaSeparatedExpressionsUntilToken("Rparen")};case"Filter":{let t=this.expression(0);return this.match("Rbracket"),{type:"FilterProjection",left:e,right:"Flatten"===this.lookahead(0)?{type:"Identity"}:this.parseProjectionRHS(p.Filter),condition:t}}case"Flatten":return{type:"Projection",left:{type:"Flatten",child:e},right:this.parseProjectionRHS(p.Flatten)};case"Assign":{let t=e,r=this.expression(0);return{type:"Binding",variable:t.name,reference:r}}case"EQ":case"NE":case"GT":case"GTE":case"LT":case"LTE":return this.parseComparator(e,t);case"Plus":case"Minus":case"Multiply":case"Star":case"Divide":case"Modulo":case"Div":return this.parseArithmetic(e,t);case"Lbracket":{let t=this.lookaheadToken(0);if("Number"===t.type||"Colon"===t.type){let t=this.parseIndexExpression();return this.projectIfSlice(e,t)}return this.match("Star"),this.match("Rbracket"),{type:"Projection",left:e,right:this.parseProjectionRHS(p.Star)}}default:return this.errorToken(this.lookaheadToken(0))}}static isKeyword(t,e){return"UnquotedIdentifier"===t.type&&t.value===e}match(t){if(this.lookahead(0)!==t){let e=this.lookaheadToken(0);this.errorToken(e,`Syntax error: expected ${t}, got: ${e.type}`)}else this.advance()}errorToken(t,e=""){let r=new Error(e||`Syntax error: invalid token (${t.type}): "${t.value}"`);throw r.name="ParserError",r}parseIndexExpression(){if("Colon"===this.lookahead(0)||"Colon"===this.lookahead(1))return this.parseSliceExpression();let t=Number(this.lookaheadToken(0).value);return this.advance(),this.match("Rbracket"),{type:"Index",value:t}}projectIfSlice(t,e){let r={type:"IndexExpression",left:t,right:e};return"Slice"===e.type?{left:r,right:this.parseProjectionRHS(p.Star),type:"Projection"}:r}parseSliceExpression(){let t=[null,null,null],e=0,r=this.lookaheadToken(0);for(;"Rbracket"!=r.type&&e<3;){if("Colon"===r.type)e++,3===e&&this.errorToken(this.lookaheadToken(0),"Syntax error, too many colons in slice expression"),this.advance();else if("Number"===r.type){let r=this.lookaheadToken(0).value;t[e]=r,this.advance()}else{let t=this.lookaheadToken(0);this.errorToken(t,`Syntax error, unexpected token: ${t.value}(${t.type})`)}r=this.lookaheadToken(0)}this.match("Rbracket");let[i,n,s]=t;return{type:"Slice",start:i,stop:n,step:s}}parseLetExpression(){let t=this.parseCommaSeparatedExpressionsUntilKeyword("in"),e=this.expression(0);return{type:"LetExpression",bindings:t.map(t=>t),expression:e}}parseCommaSeparatedExpressionsUntilKeyword(e){return this.parseCommaSeparatedExpressionsUntil(()=>t.isKeyword(this.lookaheadToken(0),e),()=>{this.advance()})}parseCommaSeparatedExpressionsUntilToken(t){return this.parseCommaSeparatedExpressionsUntil(()=>this.lookahead(0)===t,()=>this.match(t))}parseCommaSeparatedExpressionsUntil(t,e){let r,i=[];for(;!t();)r=this.expression(0),"Comma"===this.lookahead(0)&&this.match("Comma"),i.push(r);return e(),i}parseComparator(t,e){return{type:"Comparator",name:e,left:t,right:this.expression(p[e])}}parseArithmetic(t,e){return{type:"Arithmetic",operator:e,left:t,right:this.expression(p[e])}}parseDotRHS(t){let e=this.lookahead(0);if(["UnquotedIdentifier","QuotedIdentifier","Star"].includes(e))return this.expression(t);if("Lbracket"===e)return this.match("Lbracket"),this.parseMultiselectList();if("Lbrace"===e)return this.match("Lbrace"),this.parseMultiselectHash();let r=this.lookaheadToken(0);this.errorToken(r,`Syntax error, unexpected token: ${r.value}(${r.type})`)}parseProjectionRHS(t){if(p[this.lookahead(0)]<10)return{type:"Identity"};if("Lbracket"===this.lookahead(0))return this.expression(t);if("Filter"===this.lookahead(0))return this.expression(t);if("Dot"===this.lookahead(0))return this.match("Dot"),this.parseDotRHS(t);let e=this.lookaheadToken(0);this.errorToken(e,`Syntax error, unexpected token: ${e.value}(${e.type})`)}parseMultiselectList(){let t=[];for(;"Rbracket"!==this.lookahead(0);){let e=this.expression(0);if(t.push(e),"Comma"===this.lookahead(0)&&(this.match("Comma"),"Rbracket"===this.lookahead(0)))throw new Error("Syntax error: unexpected token Rbracket")}return this.match("Rbracket"),{type:"MultiSelectList",children:t}}parseMultiselectHash(){let t,e,r,i=[],n=["UnquotedIdentifier","QuotedIdentifier"];for(;;){if(t=this.lookaheadToken(0),!n.includes(t.type))throw new Error(`Syntax error: expecting an identifier token, got: ${t.type}`);if(e=t.value,this.advance(),this.match("Colon"),r=this.expression(0),i.push({value:r,type:"KeyValuePair",name:e}),"Comma"===this.lookahead(0))this.match("Comma");else if("Rbrace"===this.lookahead(0)){this.match("Rbrace");break}}return{type:"MultiSelectHash",children:i}}},at=new b,Y=at,g=class t{constructor(t){a(this,"_text"),this._text=t}get string(){return this._text}get length(){return this.codePoints.length}compareTo(e){return t.compare(this,new t(e))}static get comparer(){return(e,r)=>new t(e).compareTo(r)}static compare(t,e){let r=t.codePoints,i=e.codePoints;for(let t=0;t<Math.min(r.length,i.length);t++)if(r[t]!==i[t])return r[t]-i[t]>0?1:-1;return r.length-i.length>0?1:-1}reverse(){return String.fromCodePoint(...this.codePoints.reverse())}get codePoints(){return[...this._text].map(t=>t.codePointAt(0))}},K=t=>([e])=>t(e),et=t=>([e])=>t(e),rt=t=>([e])=>t(e),A=class{constructor(t){a(this,"_interpreter"),a(this,"_functionTable"),a(this,"_customFunctions",new Set),a(this,"TYPE_NAME_TABLE",Object.freeze({0:"number",1:"any",2:"string",3:"array",4:"object",5:"boolean",6:"expression",7:"null",8:"Array<number>",10:"Array<object>",9:"Array<string>",11:"Array<Array<any>>"})),a(this,"functionAvg",([t])=>{if(!t||0==t.length)return null;let e=0;for(let r=0;r<t.length;r+=1)e+=t[r];return e/t.length}),a(this,"functionContains",([t,e])=>{if(Array.isArray(t))return t.includes(e);if("string"==typeof t){if("string"==typeof e)return t.includes(e)}return null}),a(this,"functionEndsWith",t=>{let[e,r]=t;return e.includes(r,e.length-r.length)}),a(this,"functionFindFirst",this.createFindFunction(G)),a(this,"functionFindLast",this.createFindFunction(D)),a(this,"functionFromItems",([t])=>(t.map(t=>{if(2!=t.length||"string"!=typeof t[0])throw new Error("invalid value, each array must contain two elements, a pair of string and value")}),Object.fromEntries(t))),a(this,"functionGroupBy",([t,e])=>{let r=this.createKeyFunction(e,[2]);return t.reduce((t,e)=>{let i=r(e??{});return(t[i]=t[i]||[]).push(e),t},{})}),a(this,"functionItems",([t])=>Object.entries(t)),a(this,"functionJoin",t=>{let[e,r]=t;return r.join(e)}),a(this,"functionLength",([t])=>"string"==typeof t?new g(t).length:Array.isArray(t)?t.length:Object.keys(t).length),a(this,"functionMap",([t,e])=>{if(!this._interpreter)return[];let r=[],i=this._interpreter;for(let n=0;n<e.length;n+=1)r.push(i.visit(t,e[n]));return r}),a(this,"functionMax",([t])=>{if(!t.length)return null;if(0===this.getTypeName(t[0]))return Math.max(...t);let e=t,r=e[0];for(let t=1;t<e.length;t+=1)r.localeCompare(e[t])<0&&(r=e[t]);return r}),a(this,"functionMaxBy",t=>{let e,r,i=t[1],n=t[0],s=this.createKeyFunction(i,[0,2]),a=-1/0;for(let t=0;t<n.length;t+=1)r=s&&s(n[t]),void 0!==r&&r>a&&(a=r,e=n[t]);return e||null}),a(this,"functionMerge",t=>{let e={};for(let r=0;r<t.length;r+=1){let i=t[r];e=Object.assign(e,i)}return e}),a(this,"functionMin",([t])=>{if(!t.length)return null;if(0===this.getTypeName(t[0]))return Math.min(...t);let e=t,r=e[0];for(let t=1;t<e.length;t+=1)e[t].localeCompare(r)<0&&(r=e[t]);return r}),a(this,"functionMinBy",t=>{let e,r,i=t[1],n=t[0],s=this.createKeyFunction(i,[0,2]),a=1/0;for(let t=0;t<n.length;t+=1)r=s&&s(n[t]),void 0!==r&&r<a&&(a=r,e=n[t]);return e||null}),a(this,"functionNotNull",t=>{for(let e=0;e<t.length;e+=1)if(7!==this.getTypeName(t[e]))return t[e];return null}),a(this,"functionPadLeft",this.createPadFunction(Q)),a(this,"functionPadRight",this.createPadFunction(H)),a(this,"functionReplace",t=>{let e=t[0],r=t[1],i=t[2];return N(e,r,i,t.length>3?t[3]:void 0)}),a(this,"functionSplit",t=>{let e=t[0],r=t[1];return X(e,r,t.length>2?t[2]:void 0)}),a(this,"functionReverse",([t])=>{if(2===this.getTypeName(t))return new g(t).reverse();let e=t.slice(0);return e.reverse(),e}),a(this,"functionSort",([t])=>0==t.length?t:"string"==typeof t[0]?[...t].sort(g.comparer):[...t].sort()),a(this,"functionSortBy",t=>{let e=t[0].slice(0);if(0===e.length)return e;let r=this._interpreter,i=t[1],n=this.getTypeName(r.visit(i,e[0]));if(void 0!==n&&![0,2].includes(n))throw new Error(`Invalid type: unexpected type (${this.TYPE_NAME_TABLE[n]})`);function s(t,e){throw new Error(`Invalid type: expected (${t.TYPE_NAME_TABLE[n]}), received ${t.TYPE_NAME_TABLE[t.getTypeName(e)]}`)}return e.sort((t,e)=>{let a=r.visit(i,t),o=r.visit(i,e);return this.getTypeName(a)!==n?s(this,a):this.getTypeName(o)!==n&&s(this,o),2===n?g.comparer(a,o):a-o})}),a(this,"functionStartsWith",([t,e])=>t.startsWith(e)),a(this,"functionSum",([t])=>t.reduce((t,e)=>t+e,0)),a(this,"functionToArray",([t])=>3===this.getTypeName(t)?t:[t]),a(this,"functionToNumber",([t])=>{let e,r=this.getTypeName(t);return 0===r?t:2!==r||(e=+t,isNaN(e))?null:e}),a(this,"functionToString",([t])=>2===this.getTypeName(t)?t:JSON.stringify(t)),a(this,"functionTrim",this.createTrimFunction(z)),a(this,"functionTrimLeft",this.createTrimFunction(I)),a(this,"functionTrimRight",this.createTrimFunction(x)),a(this,"functionType",([t])=>{switch(this.getTypeName(t)){case 0:return"number";case 2:return"string";case 3:return"array";case 4:return"object";case 5:return"boolean";case 7:return"null";default:throw new Error("invalid-type")}}),a(this,"functionZip",t=>{let e=Math.min(...t.map(t=>t.length));return Array(e).fill(null).map((e,r)=>t.map(t=>t[r]))}),this._interpreter=t,this._functionTable=this.buildFunctionTable()}buildFunctionTable(){return{abs:{_func:K(Math.abs),_signature:[{types:[0]}]},ceil:{_func:K(Math.ceil),_signature:[{types:[0]}]},floor:{_func:K(Math.floor),_signature:[{types:[0]}]},lower:{_func:et(j),_signature:[{types:[2]}]},upper:{_func:et(W),_signature:[{types:[2]}]},keys:{_func:rt(Object.keys),_signature:[{types:[4]}]},values:{_func:rt(Object.values),_signature:[{types:[4]}]},avg:{_func:this.functionAvg,_signature:[{types:[8]}]},contains:{_func:this.functionContains,_signature:[{types:[2,3]},{types:[1]}]},ends_with:{_func:this.functionEndsWith,_signature:[{types:[2]},{types:[2]}]},find_first:{_func:this.functionFindFirst,_signature:[{types:[2]},{types:[2]},{types:[0],optional:!0},{types:[0],optional:!0}]},find_last:{_func:this.functionFindLast,_signature:[{types:[2]},{types:[2]},{types:[0],optional:!0},{types:[0],optional:!0}]},from_items:{_func:this.functionFromItems,_signature:[{types:[11]}]},group_by:{_func:this.functionGroupBy,_signature:[{types:[3]},{types:[6]}]},items:{_func:this.functionItems,_signature:[{types:[4]}]},join:{_func:this.functionJoin,_signature:[{types:[2]},{types:[9]}]},length:{_func:this.functionLength,_signature:[{types:[2,3,4]}]},map:{_func:this.functionMap,_signature:[{types:[6]},{types:[3]}]},max:{_func:this.functionMax,_signature:[{types:[8,9]}]},max_by:{_func:this.functionMaxBy,_signature:[{types:[3]},{types:[6]}]},merge:{_func:this.functionMerge,_signature:[{types:[4],variadic:!0}]},min:{_func:this.functionMin,_signature:[{types:[8,9]}]},min_by:{_func:this.functionMinBy,_signature:[{types:[3]},{types:[6]}]},not_null:{_func:this.functionNotNull,_signature:[{types:[1],variadic:!0}]},pad_left:{_func:this.functionPadLeft,_signature:[{types:[2]},{types:[0]},{types:[2],optional:!0}]},pad_right:{_func:this.functionPadRight,_signature:[{types:[2]},{types:[0]},{types:[2],optional:!0}]},replace:{_func:this.functionReplace,_signature:[{types:[2]},{types:[2]},{types:[2]},{types:[0],optional:!0}]},reverse:{_func:this.functionReverse,_signature:[{types:[2,3]}]},sort:{_func:this.functionSort,_signature:[{types:[9,8]}]},sort_by:{_func:this.functionSortBy,_signature:[{types:[3]},{types:[6]}]},split:{_func:this.functionSplit,_signature:[{types:[2]},{types:[2]},{types:[0],optional:!0}]},starts_with:{_func:this.functionStartsWith,_signature:[{types:[2]},{types:[2]}]},sum:{_func:this.functionSum,_signature:[{types:[8]}]},to_array:{_func:this.functionToArray,_signature:[{types:[1]}]},to_number:{_func:this.functionToNumber,_signature:[{types:[1]}]},to_string:{_func:this.functionToString,_signature:[{types:[1]}]},trim:{_func:this.functionTrim,_signature:[{types:[2]},{types:[2],optional:!0}]},trim_left:{_func:this.functionTrimLeft,_signature:[{types:[2]},{types:[2],optional:!0}]},trim_right:{_func:this.functionTrimRight,_signature:[{types:[2]},{types:[2],optional:!0}]},type:{_func:this.functionType,_signature:[{types:[1]}]},zip:{_func:this.functionZip,_signature:[{types:[3],variadic:!0}]}}}registerFunction(t,e,r,i){let n=this._registerInternal(t,e,r,i);if(!n.success)throw new Error(n.message)}_registerInternal(t,e,r,i={}){if(!t||"string"!=typeof t||""===t.trim())return{success:!1,reason:"invalid-name",message:"Function name must be a non-empty string"};try{this.validateInputSignatures(t,r)}catch(t){return{success:!1,reason:"invalid-signature",message:t instanceof Error?t.message:"Invalid function signature"}}let{override:n=!1,warn:s=!1}=i,a=t in this._functionTable;return a&&!n?{success:!1,reason:"already-exists",message:`Function already defined: ${t}(). Use { override: true } to replace it.`}:(a&&n&&s&&console.warn(`Warning: Overriding existing function: ${t}()`),this._functionTable[t]={_func:e.bind(this),_signature:r},this._customFunctions.add(t),{success:!0,message:a?`Function ${t}() overridden successfully`:`Function ${t}() registered successfully`})}register(t,e,r,i={}){return this._registerInternal(t,e,r,i)}unregister(t){return!!this._customFunctions.has(t)&&(delete this._functionTable[t],this._customFunctions.delete(t),!0)}isRegistered(t){return t in this._functionTable}getRegistered(){return Object.keys(this._functionTable)}getCustomFunctions(){return Array.from(this._customFunctions)}clearCustomFunctions(){for(let t of this._customFunctions)delete this._functionTable[t];this._customFunctions.clear()}callFunction(t,e){let r=this._functionTable[t];if(void 0===r)throw new Error(`Unknown function: ${t}()`);return this.validateArgs(t,e,r._signature),r._func.call(this,e)}validateInputSignatures(t,e){for(let r=0;r<e.length;r+=1)if("variadic"in e[r]&&r!==e.length-1)throw new Error(`Invalid arity: ${t}() 'variadic' argument ${r+1} must occur last`)}validateArgs(t,e,r){this.validateInputSignatures(t,r),this.validateArity(t,e,r),this.validateTypes(t,e,r)}validateArity(t,e,r){let i=r.filter(t=>!t.optional).length,n=r[r.length-1]?.variadic??!1,s=e.length<i,a=e.length>r.length;if(n&&s||!n&&(s||a)){let a=s&&(!n&&i>1||n)?"at least ":"",o=r.length>1;throw new Error(`Invalid arity: ${t}() takes ${a}${i} argument${o?"s":""} but received ${e.length}`)}}validateTypes(t,e,r){for(let i=0;i<r.length;i+=1){let n=r[i].types,s=this.getTypeName(e[i]);if(void 0!==s&&!n.some(t=>this.typeMatches(s,t,e[i]))){let e=n.map(t=>this.TYPE_NAME_TABLE[t]).join(" | ");throw new Error(`Invalid type: ${t}() expected argument ${i+1} to be type (${e}) but received type ${this.TYPE_NAME_TABLE[s]} instead.`)}}}typeMatches(t,e,r){if(1===e)return!0;if(9!==e&&8!==e&&10!==e&&11!==e&&3!==e)return t===e;if(3===e)return 3===t;if(3===t){let t;8===e?t=0:10===e?t=4:9===e?t=2:11===e&&(t=3);let i=r;for(let e=0;e<i.length;e+=1){let r=this.getTypeName(i[e]);if(void 0!==r&&void 0!==t&&!this.typeMatches(r,t,i[e]))return!1}return!0}return!1}getTypeName(t){return null===t?7:"string"==typeof t?2:"number"==typeof t?0:"boolean"==typeof t?5:Array.isArray(t)?3:"object"==typeof t?t.expref?6:4:void 0}createKeyFunction(t,e){let r=this._interpreter;return i=>{let n=r.visit(t,i);if(!e.includes(this.getTypeName(n))){let t=`Invalid type: expected one of (${e.map(t=>this.TYPE_NAME_TABLE[t]).join(" | ")}), received ${this.TYPE_NAME_TABLE[this.getTypeName(n)]}`;throw new Error(t)}return n}}createFindFunction(t){return e=>{let r=e[0],i=e[1],n=e.length>2?e[2]:void 0,s=e.length>3?e[3]:void 0;return t(r,i,n,s)}}createPadFunction(t){return e=>{let r=e[0],i=e[1],n=e.length>2?e[2]:void 0;return t(r,i,n)}}createTrimFunction(t){return e=>{let r=e[0],i=e.length>1?e[1]:void 0;return t(r,i)}}},m=class t{constructor(){a(this,"inner"),a(this,"data",{})}get currentScopeData(){return this.data}withScope(e){let r=new t;return r.inner=this,r.data=e,r}getValue(t){return Object.prototype.hasOwnProperty.call(this.data,t)?this.data[t]:this.inner?this.inner.getValue(t):null}},ct=new m,v=class t{constructor(){a(this,"runtime"),a(this,"_rootValue",null),a(this,"_scope"),this.runtime=new A(this),this._scope=new m}withScope(e){let r=new t;return r.runtime._functionTable=this.runtime._functionTable,r._rootValue=this._rootValue,r._scope=this._scope.withScope(e),r}search(t,e){return this._rootValue=e,this._scope=ct,this.visit(t,e)}visit(t,e){switch(t.type){case"Ternary":{let r=this.visit(t.condition,e);return E(r)?this.visit(t.falseExpr,e):this.visit(t.trueExpr,e)}case"Field":let r=t.name;return null===e||"object"!=typeof e||Array.isArray(e)?null:e[r]??null;case"LetExpression":{let{bindings:r,expression:i}=t,n={};return r.forEach(t=>{let r=this.visit(t,e);n={...n,...r}}),this.withScope(n).visit(i,e)}case"Binding":{let{variable:r,reference:i}=t,n=this.visit(i,e);return{[r]:n}}case"Variable":{let e=t.name;if(!this._scope.getValue(e)&&!Object.prototype.hasOwnProperty.call(this._scope.currentScopeData,e))throw new Error(`Error referencing undefined variable ${e}`);return this._scope.getValue(e)}case"IndexExpression":return this.visit(t.right,this.visit(t.left,e));case"Subexpression":{let r=this.visit(t.left,e);return null!=r?this.visit(t.right,r)??null:null}case"Index":{if(!Array.isArray(e))return null;let r=t.value<0?e.length+t.value:t.value;return e[r]??null}case"Slice":{if(!Array.isArray(e)&&"string"!=typeof e)return null;let{start:r,stop:i,step:n}=this.computeSliceParams(e.length,t);if("string"==typeof e){let t=[...e];return this.slice(t,r,i,n).join("")}return this.slice(e,r,i,n)}case"Projection":{let{left:r,right:i}=t,n=!1;"IndexExpression"===r.type&&"Slice"===r.right.type&&(n=!0);let s=this.visit(r,e);if(n&&"string"==typeof s)return this.visit(i,s);if(!Array.isArray(s))return null;let a=[];for(let t of s){let e=this.visit(i,t);null!==e&&a.push(e)}return a}case"ValueProjection":{let{left:r,right:i}=t,n=this.visit(r,e);if(null===n||"object"!=typeof n||Array.isArray(n))return null;let s=[],a=Object.values(n);for(let t of a){let e=this.visit(i,t);null!==e&&s.push(e)}return s}case"FilterProjection":{let{left:r,right:i,condition:n}=t,s=this.visit(r,e);if(!Array.isArray(s))return null;let a=[];for(let t of s){let e=this.visit(n,t);if(E(e))continue;let r=this.visit(i,t);null!==r&&a.push(r)}return a}case"Arithmetic":{let r=this.visit(t.left,e),i=this.visit(t.right,e);switch(t.operator){case"Plus":return w(r,i);case"Minus":return M(r,i);case"Multiply":case"Star":return U(r,i);case"Divide":return k(r,i);case"Modulo":return V(r,i);case"Div":return C(r,i);default:throw new Error(`Syntax error: unknown arithmetic operator: ${t.operator}`)}}case"Unary":{let r=this.visit(t.operand,e);switch(t.operator){case"Plus":return _(r),r;case"Minus":return _(r),-r;default:throw new Error(`Syntax error: unknown arithmetic operator: ${t.operator}`)}}case"Comparator":{let r=this.visit(t.left,e),i=this.visit(t.right,e);switch(t.name){case"EQ":return O(r,i);case"NE":return!O(r,i)}if("number"!=typeof r||"number"!=typeof i)return null;switch(t.name){case"GT":return r>i;case"GTE":return r>=i;case"LT":return r<i;case"LTE":return r<=i}}case"Flatten":{let r=this.visit(t.child,e);return Array.isArray(r)?r.flat():null}case"Root":return this._rootValue;case"MultiSelectList":{let r=[];for(let i of t.children)r.push(this.visit(i,e));return r}case"MultiSelectHash":{let r={};for(let i of t.children)r[i.name]=this.visit(i.value,e);return r}case"OrExpression":{let r=this.visit(t.left,e);return E(r)?this.visit(t.right,e):r}case"AndExpression":{let r=this.visit(t.left,e);return E(r)?r:this.visit(t.right,e)}case"NotExpression":return E(this.visit(t.child,e));case"Literal":return t.value;case"Pipe":return this.visit(t.right,this.visit(t.left,e));case"Function":{let r=[];for(let i of t.children)r.push(this.visit(i,e));return this.runtime.callFunction(t.name,r)}case"ExpressionReference":return{expref:!0,...t.child};case"Current":case"Identity":return e}}computeSliceParams(t,e){let{start:r,stop:i,step:n}=e;if(null===n)n=1;else if(0===n){let t=new Error("Invalid value: slice step cannot be 0");throw t.name="RuntimeError",t}return r=null===r?n<0?t-1:0:this.capSliceRange(t,r,n),i=null===i?n<0?-1:t:this.capSliceRange(t,i,n),{start:r,stop:i,step:n}}capSliceRange(t,e,r){let i=e;return i<0?(i+=t,i<0&&(i=r<0?-1:0)):i>=t&&(i=r<0?t-1:t),i}slice(t,e,r,i){let n=[];if(i>0)for(let s=e;s<r;s+=i)n.push(t[s]);else for(let s=e;s>r;s+=i)n.push(t[s]);return n}},pt=new v,T=pt,lt=1,ht=3,Ne=11,Tt=8,Re=10,_t=9,gt=5,mt=6,Et=7,Ot=0,ft=4,Nt=2;function Rt(t,e){return Y.parse(t,e)}function dt(t,e){return y.tokenize(t,e)}var yt=(t,e,r,i)=>{T.runtime.registerFunction(t,e,r,i)},At=(t,e,r,i)=>T.runtime.register(t,e,r,i),St=t=>T.runtime.unregister(t),It=t=>T.runtime.isRegistered(t),xt=()=>T.runtime.getRegistered(),Pt=()=>T.runtime.getCustomFunctions(),bt=()=>{T.runtime.clearCustomFunctions()};function Yt(t,e,r){let i=Y.parse(e,r);return T.search(i,t)}function de(){return new m}var Kt=pt,ye={compile:Rt,registerFunction:yt,register:At,unregisterFunction:St,isRegistered:It,getRegisteredFunctions:xt,getCustomFunctions:Pt,clearCustomFunctions:bt,search:Yt,tokenize:dt,TreeInterpreter:Kt,TYPE_ANY:lt,TYPE_ARRAY_NUMBER:Tt,TYPE_ARRAY_STRING:_t,TYPE_ARRAY:ht,TYPE_BOOLEAN:gt,TYPE_EXPREF:mt,TYPE_NULL:Et,TYPE_NUMBER:Ot,TYPE_OBJECT:ft,TYPE_STRING:Nt};
const MAX_RESULT_LENGTH = 10 * 1024 * 1024;
const RESULT_LENGTHS = {
	pad_left: ([, width]) => Number(width),
	pad_right: ([, width]) => Number(width),
	join: ([glue, texts]) => {
		const list = texts;
		return list.reduce((sum, text) => sum + text.length, String(glue).length * list.length);
	},
	replace: ([text, search, replacement]) => String(text).length + countOf(String(text), String(search)) * String(replacement).length,
	reverse: ([subject]) => (typeof subject === 'string' ? BYTES_OF_PART * subject.length : 0),
	split: ([text, search]) => BYTES_OF_PART * countOf(String(text), String(search)),
};
const BYTES_OF_PART = 40;
function countOf(text, search) {
	if (search === '') return text.length + 1;
	let count = 0;
	for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + search.length)) {
		count += 1;
	}
	return count;
}
const MAX_QUERY_MS = 500;
const FREE_STEPS = 10_000;
const present = { length: 0, steps: 0, endMs: Infinity };
function beginQuery() {
	present.length = 0;
	present.steps = 0;
	present.endMs = performance.now() + MAX_QUERY_MS;
}
function limitQueries() {
	const prototype = Object.getPrototypeOf(Kt);
	const { visit } = prototype;
	prototype.visit = function (...args) {
		present.steps += 1;
		if (present.steps > FREE_STEPS && performance.now() > present.endMs) {
			throw new Error(`it takes over ${MAX_QUERY_MS} ms`);
		}
		return visit.apply(this, args);
	};
	const { _functionTable: table } = Kt.runtime;
	for (const [name, lengthOf] of Object.entries(RESULT_LENGTHS)) {
		const definition = table[name];
		if (definition === undefined) continue;
		const evaluate = definition._func;
		definition._func = (args) => {
			present.length += lengthOf(args);
			if (present.length > MAX_RESULT_LENGTH) throw new Error(`${name}() would make over 10 MiB`);
			return evaluate(args);
		};
	}
}
limitQueries();
function search(context, query) {
	const { body } = context;
	if (query === '') return null;
	try {
		return evaluate(Rt(withExactNumbers(query)), context);
	} catch (error) {
		if (body === undefined) return null;
		const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
		throw new PermanentError(`the query “${query}” cannot be evaluated: ${why}`, 'bad-response', {
			cause: error,
		});
	}
}
function evaluate(expression, { body, ...variables }) {
	const bindings = Object.entries(variables).map(([variable, value]) => ({
		type: 'Binding',
		variable,
		reference: { type: 'Literal', value },
	}));
	const bound = { type: 'LetExpression', bindings, expression };
	beginQuery();
	return Kt.search(bound, body ?? null);
}
const withExactNumbers = (query) => query.replace(QUOTED, (quoted) => (quoted.startsWith('`') ? quoteUnsafeIntegers(quoted) : quoted));
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g;
const isTruthy = (context, query) => query !== '' && search(context, `!(${query})`) === false;
const findText = (context, query) => findTexts(context, query).join('; ');
const MAX_TEXTS = 1000;
function findTexts(context, query) {
	const found = search(context, query);
	return (Array.isArray(found) ? found : [found])
		.slice(0, MAX_TEXTS)
		.map((one) => (isObject(one) || Array.isArray(one) ? toJson(one) : toText(one)))
		.filter(Boolean);
}
const MAX_LINKS_LENGTH = 256 * 1024;
function findLinks(context, query) {
	const links = findTexts(context, query);
	if (links.length < MAX_TEXTS && links.join().length <= MAX_LINKS_LENGTH) return links;
	const text = `the query “${query}” finds more links than a job can have`;
	throw new PermanentError(text, 'bad-response');
}
function describeShape(value, depth = 0) {
	if (value === null || value === undefined) return 'null';
	if (Array.isArray(value)) {
		return value.length === 0 ? '[]' : `[${describeShape(value[0], depth + 1)} × ${value.length}]`;
	}
	if (!isObject(value)) return typeof value;
	const keys = Object.keys(value);
	if (depth > 2) return '{…}';
	const shown = keys.slice(0, 12).map((key) => `${key.length > 60 ? '…' : key}: ${describeShape(value[key], depth + 1)}`);
	return `{${[...shown, ...(keys.length > 12 ? ['…'] : [])].join(', ')}}`;
}
function suggestQuery(body, query) {
	if (!/^\w+(\.\w+)*$/.test(query)) return undefined;
	const wanted = normalizeKey(query.split('.').at(-1) ?? '');
	let level = [[[], body]];
	for (let depth = 0; depth < 4; depth += 1) {
		const below = level
			.flatMap(([path, value]) => (isObject(value) ? Object.entries(value).map(([key, member]) => [[...path, key], member]) : []))
			.slice(0, 1000);
		const found = below.find(([path, value]) => normalizeKey(path.at(-1) ?? '') === wanted && toText(value) !== '');
		if (found !== undefined) return found[0].map(quoteKey).join('.');
		level = below;
	}
	return undefined;
}
const normalizeKey = (key) => key.toLowerCase().replace(/[_-]/g, '');
const quoteKey = (key) => (/^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key));
function findId(response, query) {
	const { status, headers } = response;
	return findText({ body: parseBody(response), id: '', status, headers }, query);
}
function requireFresh(observation, context, { notBeforeMs, updatedAtQuery }) {
	if (notBeforeMs === undefined || !isSettled(observation.state)) return observation;
	const text = findText(context, updatedAtQuery);
	const updatedAtMs = parseTimeMs(text);
	if (updatedAtMs === undefined) {
		const warning = `updated-at-query “${updatedAtQuery}” finds no time, so the status may be that of an earlier run: taken as pending`;
		return { ...observation, state: 'pending', warning };
	}
	if (updatedAtMs >= notBeforeMs) return observation;
	return { ...observation, state: 'pending', note: `updated ${text}, before not-before` };
}
function requireResult(response, body) {
	const text = response.body.trimStart();
	if (text === '' || body !== undefined) return;
	if (isHtmlPage(text) || isHtmlType(response.headers['content-type'])) {
		throw new HtmlInsteadOfJson(`HTTP ${response.status} with ${describeBody(response)}`);
	}
	const isJsonType = /\/json|\+json/i.test(response.headers['content-type'] ?? '');
	if (isJsonType && /^[{[]/.test(text) && !isJsonLines(text)) {
		throw new TransientError('the response is cut: its JSON does not end', 'bad-response');
	}
}
function isJsonLines(text) {
	const lines = text.trim();
	const [firstEnd, lastStart] = [lines.indexOf('\n'), lines.lastIndexOf('\n')];
	if (firstEnd < 0) return false;
	return [lines.slice(0, firstEnd), lines.slice(lastStart)].every(parsesAsJson);
}
function parsesAsJson(text) {
	try {
		parseJson(text);
		return true;
	} catch {
		return false;
	}
}
function noEvidence(response, body, statusQuery) {
	const { status } = response;
	if (body === undefined) return notJson(response);
	const message = findErrorMessage(body, response.body);
	const said = message === '' ? '' : `; it says “${message}”`;
	const text = `HTTP ${status} has no status at \`status-query\` “${statusQuery}”${said}`;
	const suggestion = suggestQuery(body, statusQuery);
	const hint =
		`The response is ${describeShape(body)}. ` +
		(suggestion === undefined
			? `Write the query that finds the status; if a response without one means that the job still runs, write \`${statusQuery} || 'pending'\``
			: `Is \`${suggestion}\` the status? Then set \`status-query: ${suggestion}\``);
	return new TransientError(text, 'bad-response', { hint });
}
function explainFailure(observation, response, { body }, { messageQuery }) {
	if (observation.state !== 'failed' || messageQuery !== '' || observation.message) {
		return observation;
	}
	const message = findErrorMessage(body, response.body);
	if (message !== '') return { ...observation, message };
	const shape = describeShape(body);
	return { ...observation, hint: `Set \`message-query\` to show why; the response has ${shape}` };
}
const REQUEST_ERRORS = [401, 403, 404, 408, 425, 429, 502, 503, 504];
function judgeResponse(response, id, settings, statusWords) {
	const { status, headers } = response;
	const context = { body: parseBody(response), id, status, headers };
	const evidence = { response, context, settings, statusWords };
	if (status !== 401 && attempt(() => isTruthy(context, settings.transientQuery), false)) {
		const message = findErrorMessage(context.body, response.body) || describeBody(response);
		throw new TransientError(`HTTP ${status}, which may pass: ${message}`, 'unreachable');
	}
	const { successful, pending, failed } = settings.httpStatuses;
	const isListed = successful.includes(status) || pending.includes(status);
	const judge = () => {
		if (status >= 200 && status < 300) return judgeSuccess(evidence);
		if (failed.includes(status)) return judgeListedFailure(evidence);
		if (isListed && !saysTokenEnded(response, context.body)) return judgeListed(evidence);
		return judgeError(evidence);
	};
	return requireFresh(explainFailure(judge(), response, context, settings), context, settings);
}
function judgeSuccess(evidence) {
	const { response, context, settings } = evidence;
	const { failed } = settings.httpStatuses;
	const fields = readFields(evidence);
	if (isTruthy(context, settings.failureQuery)) return { ...fields, state: 'failed' };
	const found = findStatus(evidence);
	if (found !== undefined) return { ...fields, ...found };
	if (failed.includes(response.status)) return { ...fields, state: 'failed' };
	return judgeListed(evidence);
}
function judgeListed(evidence) {
	const { response, context, settings } = evidence;
	const { successful, pending } = settings.httpStatuses;
	const fields = readFields(evidence);
	if (successful.includes(response.status)) {
		if (isTruthy(context, settings.failureQuery)) return { ...fields, state: 'failed' };
		const found = findStatus(evidence);
		if (found !== undefined) return { ...fields, ...found };
		requireResult(response, context.body);
		const filePath = fields.filePath || redirectTarget(response);
		return { ...fields, filePath, state: 'successful' };
	}
	if (pending.includes(response.status)) {
		const found = findStatus(evidence);
		if (found?.state === 'failed') return { ...fields, ...found };
		return { ...fields, state: 'pending' };
	}
	throw noEvidence(response, context.body, settings.statusQuery);
}
function judgeListedFailure(evidence) {
	const { response, context } = evidence;
	const fields = attempt(() => readFields(evidence), { providerStatus: '', filePath: '' });
	const found = attempt(() => findStatus(evidence), undefined);
	const message = toText(fields.message) || findErrorMessage(context.body, response.body);
	return { ...fields, providerStatus: found?.providerStatus ?? '', message, state: 'failed' };
}
function judgeError(evidence) {
	const { response, context, settings } = evidence;
	const message = attempt(() => findText(context, settings.messageQuery), '');
	if (response.status >= 400 && !REQUEST_ERRORS.includes(response.status)) {
		const found = attempt(() => findStatus(evidence), undefined);
		const own = message || findErrorMessage(context.body, response.body);
		if (found?.state === 'failed') return { ...found, message: own };
	}
	throw httpError(response, message);
}
function attempt(query, otherwise) {
	try {
		return query();
	} catch {
		return otherwise;
	}
}
function readFields({ context, settings }) {
	const links = findLinks(context, settings.filePathQuery);
	const message = findText(context, settings.messageQuery);
	return {
		providerStatus: '',
		batchId: findText(context, settings.batchIdQuery),
		filePath: links.join('; '),
		...(links.length > 1 && { filePaths: links }),
		message,
		link: findText(context, settings.linkQuery),
		progress: findText(context, settings.progressQuery),
	};
}
function findStatus({ context, settings, statusWords }) {
	const { statusQuery } = settings;
	const found = search(context, statusQuery);
	const all = Array.isArray(found) ? found : [found];
	const members = all.filter(isStatus);
	if (members.length === 0) return undefined;
	const classifyStatus = createClassifier(statusWords, COMMON_STATUS_WORDS);
	const judge = (member) => judgeStatus(member, statusQuery, classifyStatus);
	return {
		state: combine(all.map(judge)),
		providerStatus: distinctStatuses(members.map(toText)).join(', '),
		unknownStatuses: distinctStatuses(members.filter((one) => judge(one) === 'unknown').map(toText)),
	};
}
const isStatus = (value) => value !== null && !(typeof value === 'string' && value.trim() === '');
function judgeStatus(status, query, classifyStatus) {
	if (typeof status === 'boolean') return status ? 'successful' : 'pending';
	if (!isStatus(status)) return 'pending';
	if (typeof status === 'string' || typeof status === 'number') return classifyStatus(toText(status));
	const text = `status-query “${query}” finds ${describeShape(status)}; it must find a text, true, false, or a list of these`;
	throw new PermanentError(text, 'bad-response');
}
function redirectTarget(response) {
	const { status, headers, url } = response;
	if (status < 300 || status > 399) return '';
	const { location = '' } = headers;
	const isHere = location !== '' && URL.canParse(location, url.href);
	if (!isHere || new URL(location, url).origin !== url.origin) throw httpError(response, '');
	return new URL(location, url).href;
}
const ID_PLACEHOLDER = /\{(\+?)id\}/g;
function expandUrlTemplate(template, id, root) {
	const expanded = template.replace(ID_PLACEHOLDER, (_, plus) => (plus === '' ? encodeURIComponent(id) : id));
	return resolveUrl(expanded, root);
}
function resolveUrl(text, root) {
	const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(text);
	return new URL(isAbsolute ? text : `${root}/${text.replace(/^\//, '')}`);
}
const ESCAPES = {
	json: (id) => JSON.stringify(id).slice(1, -1),
	form: (id) => new URLSearchParams({ id }).toString().slice('id='.length),
	xml: (id) => id.replace(/[&<>"'\r\n\t]/g, (sign) => `&#${sign.charCodeAt(0)};`),
};
function formatOf(headers) {
	const type = findHeader(headers, 'Content-Type') ?? 'application/json';
	const [mime = ''] = type.toLowerCase().split(';');
	if (/[/+]json\s*$|[/+]x-amz-json/.test(mime)) return 'json';
	if (/[/+]xml\s*$/.test(mime)) return 'xml';
	return mime.trim() === 'application/x-www-form-urlencoded' ? 'form' : undefined;
}
const UNSAFE_ID = /[<>&"'`\\\r\n]/;
function expandBody(template, id, headers) {
	const format = formatOf(headers);
	return template.replace(ID_PLACEHOLDER, (_, plus) => {
		if (plus !== '') return id;
		if (format !== undefined) return ESCAPES[format](id);
		if (!UNSAFE_ID.test(id)) return id;
		throw new Error(
			'has an id with a quote, a line break or one of < > & in a body that is neither JSON, form nor XML; give the type of the body in `headers`, as `Content-Type: application/json`',
		);
	});
}
const http = {
	title: 'HTTP API',
	hasReports: ({ http: { filePathQuery } }) => filePathQuery !== '',
	requiredInputs: [],
	loginInputs: ['client-id', 'client-secret'],
	allowsAnonymous: true,
	optionalInputs: [
		...['username', 'password', 'token-url', 'audience', 'scope', 'client-authentication'],
		...['url', 'method', 'body'],
		...['status-query', 'failure-query', 'transient-query', 'message-query', 'batch-id-query'],
		...['file-path-query', 'link-query', 'progress-query', 'success-http-statuses', 'pending-http-statuses'],
		...['failure-http-statuses', 'updated-at-query', 'not-before'],
		...['cancel-url', 'cancel-method', 'cancel-body'],
	],
	create: (settings) => {
		const { baseUrl, username, password } = settings;
		const { url, method, headers, body, cancelUrl, cancelMethod, cancelBody } = settings.http;
		const setsAuthorization = findHeader(headers, 'Authorization') !== undefined;
		const ownHeaders = withoutHeader(headers, 'Content-Type');
		const judge = (response, id) => withGrace(judgeResponse(response, id, settings.http, settings.statusWords), response, settings.http);
		return {
			isConditional: true,
			credentials: (token) => {
				if (setsAuthorization) return ownHeaders;
				if (token !== '') return { ...ownHeaders, Authorization: `Bearer ${token}` };
				if (username === '' && password === '') return ownHeaders;
				return { ...ownHeaders, Authorization: basicCredentials(username, password) };
			},
			startedId: (response) => findId(response, DEFAULT_ID_QUERY),
			judge,
			poll: async (id, send, nextPollUrl) => {
				const response = await send({
					method,
					url: nextPollUrl ?? urlFor(url, id, baseUrl),
					headers,
					...(body !== '' && { body: bodyFor(body, id, headers) }),
				});
				return withNextUrl(judge(response, id), response, settings.http);
			},
			logIn: (send) => logInByClientCredentials(settings, send),
			...(cancelUrl !== '' && {
				cancel: (id) => ({
					method: cancelMethod,
					url: urlFor(cancelUrl, id, baseUrl),
					headers: cancelBody === '' ? ownHeaders : withJsonType(headers),
					...(cancelBody !== '' && { body: bodyFor(cancelBody, id, headers) }),
				}),
			}),
		};
	},
};
const DEFAULT_ID_QUERY = '$headers.location || $headers."operation-location" || id';
function urlFor(template, id, baseUrl) {
	const url = fill(() => expandUrlTemplate(template, id, baseUrl));
	if (url.username !== '' || url.password !== '') {
		const text = 'the id of the job holds a user name or a password, which are not sent';
		throw new PermanentError(text, 'bad-response');
	}
	if (url.origin === new URL(baseUrl).origin) return url;
	const text = `the id of the job leads to ${url.host}, and credentials go to the host of base-url alone`;
	throw new PermanentError(text, 'bad-response');
}
const bodyFor = (template, id, headers) => fill(() => expandBody(template, id, headers));
function fill(expand) {
	try {
		return expand();
	} catch (cause) {
		const text = `the id of the job fits into no request: ${cause.message}`;
		throw new PermanentError(text, 'bad-response', { cause });
	}
}
async function logInByClientCredentials(settings, send) {
	const { tokenUrl, audience, scope } = settings;
	const grant = {
		grant_type: 'client_credentials',
		...(audience && { audience }),
		...(scope && { scope }),
	};
	return readOAuthToken(await send(tokenRequest(tokenUrl, grant, settings)));
}
function withGrace(observation, response, { filePathQuery }) {
	const { state, filePath = '', providerStatus } = observation;
	if (state !== 'successful' || filePathQuery === '' || filePath !== '') return observation;
	return {
		...observation,
		needsGrace: true,
		note: '`file-path-query` finds no link yet',
		warning: `${providerStatus || 'finished'}, but \`file-path-query\` finds no link`,
		hint: `Check \`file-path-query\`; the response is ${describeShape(parseBody(response))}`,
	};
}
const MAX_URL_LENGTH = 8000;
function withNextUrl(observation, { status, url, headers }, { method, httpStatuses }) {
	const location = headers.location ?? headers['operation-location'];
	const isFollowed = status === 202 && method === 'GET' && httpStatuses.successful.length > 0;
	if (!isFollowed || typeof location !== 'string' || observation.state !== 'pending') {
		return observation;
	}
	const isUrl = location.length <= MAX_URL_LENGTH && URL.canParse(location, url.href);
	const next = isUrl ? new URL(location, url) : undefined;
	const isSafe = next?.origin === url.origin && next.username === '' && next.password === '';
	return isSafe ? { ...observation, nextPollUrl: next } : observation;
}
const os1 = {
	title: 'Delhivery OS1',
	hasReports: () => false,
	requiredInputs: ['tenant-id', 'participant-type'],
	loginInputs: ['client-id', 'client-secret'],
	optionalInputs: ['token-url', 'audience'],
	create: ({ baseUrl, tokenUrl, tenantId, participantType, statusWords, ...settings }) => ({
		credentials: (token) => ({
			'X-COREOS-ACCESS': token,
			'X-COREOS-TID': tenantId,
			'X-COREOS-REQUEST-ID': (0, require('node:crypto').randomUUID)(),
		}),
		startedId: (response) => fieldOf(response, 'batchId') || fieldOf(response, 'id'),
		judge: (response, id) => ({ batchId: id, ...os1_observe(response, statusWords) }),
		poll: async (id, send) => {
			const plural = encodeURIComponent(participantType);
			const url = new URL(`${baseUrl}/core/api/v2/participants/${plural}/batch/status`);
			url.searchParams.set('batchId', id);
			const response = await send({ method: 'GET', url });
			return { batchId: id, ...os1_observe(response, statusWords) };
		},
		logIn: async (send) => {
			const { clientId, clientSecret, audience } = settings;
			const url = new URL(tokenUrl || `${baseUrl}/core/api/v1/aaa/auth/client-credentials`);
			const body = { clientId, clientSecret, ...(audience === '' ? {} : { audience }) };
			const headers = { 'X-COREOS-REQUEST-ID': (0, require('node:crypto').randomUUID)(), 'X-COREOS-TID': tenantId };
			return readToken(await send(jsonRequest(url, body, headers)), findToken, os1_explain);
		},
	}),
};
const os1_KEYS = [
	...['data', 'meta', 'status', 'success', 'failed', 'total', 'errors', 'refID', 'reason'],
	...['successCount', 'failureCount', 'totalCount', 'failureDetails'],
	...['error', 'code', 'description', 'message'],
];
const FINAL_STATUS_WORDS = { ...COMMON_STATUS_WORDS, pending: [] };
const findToken = ({ data }) => (isObject(data) ? { value: data.accessToken, lifetimeMs: secondsToMs(data.expiresIn) } : {});
function os1_observe(response, customWords) {
	const body = withKnownKeys(readJson(response, os1_explain), os1_KEYS);
	if (isObject(body) && (isObject(body.error) || toText(body.error) !== '')) {
		throw new PermanentError(`OS1 responded with an error: ${os1_explain(body)}`, 'bad-response');
	}
	if (!isObject(body) || !isObject(body.data)) throw missing('data', response);
	const { data } = body;
	const meta = isObject(data.meta) ? data.meta : {};
	const ownStatus = toText(meta.status);
	const status = ownStatus || toText(data.status);
	const other = ownStatus && toText(data.status);
	const errors = [...listErrors(data.errors), ...listErrors(data.failureDetails)];
	const counts = {
		success: toNumber(meta.success ?? data.successCount ?? data.success),
		failed: toNumber(meta.failed ?? data.failureCount ?? data.failed),
		total: toNumber(meta.total ?? data.totalCount ?? data.total),
	};
	const byStatus = status === '' ? undefined : classify(status, customWords, COMMON_STATUS_WORDS);
	const certain = classify(status, customWords, FINAL_STATUS_WORDS);
	const known = certain === 'unknown' ? undefined : certain;
	const progress = describeCounts(counts);
	const observed = { providerStatus: status, message: describeErrors(errors), progress };
	const state = known ?? judgeCounts(counts) ?? byStatus;
	if (state === 'successful') {
		const otherState = classify(other, customWords, COMMON_STATUS_WORDS);
		refuseContradiction(body, { data, status, other, otherState, message: observed.message });
		if (otherState === 'pending') return { ...observed, state: 'pending', note: `also “${other}”` };
		return { ...observed, state, ...contradictSuccess(status, counts, errors) };
	}
	if (state !== undefined) return { ...observed, state };
	const warning = 'the response holds neither a status nor finished counts; taken as pending';
	return { ...observed, state: 'pending', warning };
}
function refuseContradiction(body, { data, status, other, otherState, message }) {
	const { success, ...fields } = data;
	const flags = toNumber(success) === undefined ? data : fields;
	const key = findContradiction(body) ?? findContradiction({ ...flags, errors: [] });
	const isOtherwise = otherState === 'failed' || otherState === 'partial';
	if (key === undefined && !isOtherwise) return;
	const what = key === undefined ? `“${other}”` : `\`${key}\``;
	const text = `${status === '' ? 'success by its counts' : `status “${status}”`} contradicts ${what} in the same response`;
	throw new PermanentError([text, message].filter(Boolean).join('; '), 'bad-response');
}
function describeCounts({ success = 0, failed = 0, total }) {
	return total === undefined ? '' : `${success + failed} of ${total} done, ${failed} failed`;
}
function contradictSuccess(status, { success = 0, failed = 0, total = 0 }, errors) {
	const failures = Math.max(failed, errors.length);
	if (failures > 0) {
		const text = `${status === '' ? 'success' : `status “${status}”`} contradicts the counts: ${failures} failed`;
		const message = [text, describeErrors(errors)].filter(Boolean).join('; ');
		return { state: success > 0 ? 'partial' : 'failed', message };
	}
	if (success >= total) return {};
	const warning = `status “${status}” contradicts the counts: ${success} of ${total} have ended; taken as pending`;
	return { state: 'pending', warning };
}
function judgeCounts({ success, failed, total }) {
	if (success === undefined || failed === undefined || total === undefined) return undefined;
	if (total <= 0 || success + failed < total) return undefined;
	if (failed === 0) return 'successful';
	return success === 0 ? 'failed' : 'partial';
}
function listErrors(errors) {
	const list = Array.isArray(errors) ? errors : [errors];
	return list
		.map((error) => (isObject(error) ? error : { reason: toText(error) }))
		.filter((error) => Object.values(error).some((value) => value !== '' && value !== null));
}
function describeErrors(errors) {
	return joinErrors(errors, (error) => [toText(error.refID), errorMessage(error, 'reason')].filter(Boolean).join(': '));
}
function os1_explain(body) {
	const error = isObject(body.error) ? body.error : {};
	const text = toText(error.description) || toText(error.message) || toText(body.error);
	return [toText(error.code), text].filter(Boolean).join(': ');
}
const safetychain_STATUS_WORDS = {
	pending: ['AwaitingProcess', 'Pending', 'Inprocess'],
	successful: ['Successful'],
	partial: ['PartialSuccess'],
	failed: ['Failure'],
};
const safetychain_KEYS = [
	...['RequestId', 'RequestStatus', 'RequestError', 'Status', 'Errors', 'Data', 'Message'],
	...['Error', 'ErrorMessage', 'ErrorMsg', 'FieldName'],
];
const safetychain = {
	title: 'SafetyChain',
	hasReports: () => false,
	requiredInputs: [],
	loginInputs: ['username', 'password', 'tenant-id', 'token-url'],
	create: ({ baseUrl, tokenUrl, tenantId, username, password, statusWords }) => ({
		credentials: (token) => ({ Authorization: `Bearer ${token}` }),
		startedId: (response) => fieldOf(response, 'RequestId'),
		judge: (response, id) => safetychain_observe(id, response, statusWords),
		poll: async (id, send) => {
			const url = new URL(`${baseUrl}/api/integration/GetBatchStatus`);
			const response = await send(jsonRequest(url, { RequestId: id }));
			return safetychain_observe(id, response, statusWords);
		},
		logIn: async (send) =>
			readOAuthToken(
				await send(
					formRequest(tokenUrl, {
						grant_type: 'password',
						acr_values: `tenant:${tenantId}`,
						username,
						password,
					}),
				),
			),
	}),
};
function safetychain_observe(id, response, customWords) {
	const body = withKnownKeys(readJson(response, safetychain_explain), safetychain_KEYS);
	const envelope = isObject(body) ? body : {};
	const content = envelope.Data ?? body;
	if (!isObject(content) && !Array.isArray(content)) throw missing('RequestStatus', response);
	const entries = Array.isArray(content) ? entriesFor(id, content) : [content];
	const parts = [...new Set([envelope, ...entries])];
	const refusal = parts.map(({ ErrorMsg }) => toText(ErrorMsg)).find(Boolean);
	if (refusal !== undefined) throw new PermanentError(`SafetyChain refused: ${refusal}`, 'rejected');
	const errors = [...new Set(parts.flatMap(readErrors))];
	if (errors.some((error) => error.toLowerCase() === 'login timeout')) {
		throw new CredentialsRejected('SafetyChain says “Login Timeout”');
	}
	const statuses = parts.map(({ RequestStatus }) => toText(RequestStatus)).filter(Boolean);
	const states = statuses.map(createClassifier(customWords, safetychain_STATUS_WORDS));
	const observed = {
		providerStatus: distinctStatuses(statuses).join(', '),
		batchId: entries.map(readId).find(Boolean) ?? '',
		message: joinErrors(errors, String),
	};
	if (errors.length > 0) {
		const isPartial = states.length > 0 && states.every((state) => state === 'partial');
		return { ...observed, state: isPartial ? 'partial' : 'failed' };
	}
	if (parts.some(({ Status }) => isFalse(Status))) {
		const text = 'SafetyChain does not know this RequestId (Status is false)';
		throw new PermanentError(text, 'not-found', { needsGrace: true });
	}
	if (entries.length === 0) {
		const text = 'The response of SafetyChain does not mention this RequestId';
		throw new PermanentError(text, 'not-found', { needsGrace: true });
	}
	const about = parts.map(readId).find((one) => one !== '' && !isSameId(one, id));
	if (about !== undefined) {
		const text = `the response is about the RequestId “${about}”, while “${id}” was polled`;
		throw new PermanentError(text, 'bad-response');
	}
	safetychain_refuseContradiction(parts, statuses, states);
	const state = ['unknown', 'pending', 'partial'].find((one) => states.includes(one));
	if (states[0] !== undefined) return { ...observed, state: state ?? states[0] };
	if (!parts.some(({ Status }) => Status === true)) throw missing('RequestStatus', response);
	const warning = 'the response names no RequestStatus; taken as pending';
	return { ...observed, state: 'pending', warning };
}
function safetychain_refuseContradiction(parts, statuses, states) {
	const [success, failure] = [statuses[states.indexOf('successful')], statuses[states.indexOf('failed')]];
	if (success === undefined) return;
	const others = parts.map(({ Status }) => toText(Status)).filter((one) => !/^(true|1|)$/i.test(one));
	const other = failure ?? others[0];
	if (other === undefined) return;
	const text = `RequestStatus “${success}” contradicts “${other}” in the same response`;
	throw new PermanentError(text, 'bad-response');
}
const entriesFor = (id, list) => list.filter(isObject).filter((one) => isSameId(readId(one), id) || 'ErrorMsg' in one);
const isSameId = (a, b) => a.toLowerCase() === b.toLowerCase();
const readId = (entry) => toText(entry.RequestId);
const readErrors = (entry) => [
	...readMessages(entry.RequestError),
	...readMessages(entry.Errors),
	...(toText(entry.RequestStatus) === '' ? [] : [entry.Error, entry.ErrorMessage].flatMap(readMessages)),
];
const safetychain_explain = (body) => joinErrors(readErrors(body), String) || toText(body.Message) || explainOAuth(body);
function readMessages(errors) {
	if (Array.isArray(errors)) return errors.flatMap(readMessages);
	if (isObject(errors)) {
		if (Object.keys(errors).length === 0) return [];
		const field = toText(errors.FieldName);
		return [(field && `${field}: `) + errorMessage(errors, 'ErrorMessage', 'Message')];
	}
	return errors ? [toText(errors) || toJson(errors)] : [];
}
const sei_KEYS = [
	...['status', 'batchId', 'message', 'validationMessage'],
	...['code', 'trackingId', 'transient', 'errors', 'field', 'location', 'reason'],
];
const sei = {
	title: 'SEI',
	defaultBaseUrl: 'https://api.seic.com',
	hasReports: () => false,
	requiredInputs: ['app-key'],
	loginInputs: ['username', 'password', 'client-secret'],
	optionalInputs: ['token-url', 'app-name', 'token-scheme'],
	create: ({ baseUrl, tokenUrl, appKey, appName, statusWords, ...settings }) => ({
		credentials: (token) => ({ Authorization: `Bearer ${token}`, AppKey: appKey }),
		startedId: (response) => fieldOf(response, 'jobStatusQueryKey'),
		judge: (response) => sei_observe(response, statusWords),
		poll: async (id, send) => {
			const path = `v1/jobs/${encodeURIComponent(appName)}/status/${encodeURIComponent(id)}`;
			const response = await send({ method: 'GET', url: new URL(`${baseUrl}/${path}`) });
			return sei_observe(response, statusWords);
		},
		logIn: async (send) => {
			const { username, password, clientSecret, tokenScheme } = settings;
			const url = tokenUrl || `${baseUrl}/v2/oauthtoken`;
			const pair = Buffer.from(`${appKey}:${clientSecret}`).toString('base64');
			const form = { grant_type: 'client_credentials', username, password };
			const headers = { Authorization: tokenScheme === 'none' ? pair : `Basic ${pair}` };
			const response = await send(formRequest(url, form, headers));
			throwOnError(response);
			return readOAuthToken(response);
		},
	}),
};
function sei_observe(response, customWords) {
	throwOnError(response);
	const body = withKnownKeys(readJson(response, sei_explain), sei_KEYS);
	if (!isObject(body) || !('status' in body)) throw missing('status', response);
	const status = toText(body.status);
	const validation = [body.validationMessage].flat();
	const tracking = trackingId(response);
	const observed = {
		providerStatus: status,
		batchId: toText(body.batchId),
		message: joinErrors([body.message].concat(validation), messageText),
		note: tracking === '' ? '' : `requesttrackingid ${tracking}`,
	};
	if (status === '') {
		return {
			...observed,
			state: 'pending',
			warning: 'the response’s status is empty; taken as pending',
		};
	}
	const state = classify(status, customWords, COMMON_STATUS_WORDS);
	const code = toText(body.code);
	if (state === 'successful' && (code !== '' || findContradiction(body) !== undefined)) {
		const text = `status “${status}” contradicts the error in the same response: ${sei_explain(body)}`;
		throw new PermanentError(text, 'bad-response');
	}
	return { ...observed, state };
}
const messageText = (value) => (isObject(value) ? toJson(value) : toText(value));
function throwOnError(response) {
	const body = withKnownKeys(parseBody(response), sei_KEYS);
	if (!isObject(body) || response.status === 401) return;
	if (!('transient' in body || ('code' in body && !('status' in body)))) return;
	const text = `HTTP ${response.status}: ${sei_explain(body)}${trackingSuffix(response)}`;
	if (isTrue(body.transient)) {
		throw new TransientError(text, 'unreachable');
	}
	if (response.status >= 300) return;
	throw /authentication/i.test(toText(body.code)) ? new CredentialsRejected(text) : new PermanentError(text, 'bad-response');
}
function sei_explain(body) {
	const errors = [body.errors].flat();
	const reasons = joinErrors(errors, (error) =>
		isObject(error) ? [error.field, error.location, error.reason ?? error.message].map(toText).filter(Boolean).join(' ') : toText(error),
	);
	const own = [body.code, body.message].map(toText).filter(Boolean).join(': ');
	const tracking = toText(body.trackingId);
	return [own, reasons, tracking && `trackingId ${tracking}`].filter(Boolean).join('; ');
}
const trackingId = ({ headers }) => {
	const id = headers.requesttrackingid;
	return typeof id === 'string' ? id : '';
};
const trackingSuffix = (response) => (trackingId(response) === '' ? '' : ` (requesttrackingid ${trackingId(response)})`);
const unicommerce_STATUS_WORDS = {
	successful: ['COMPLETE', 'SUCCESSFUL'],
	pending: ['SCHEDULED', 'RUNNING', 'IN_PROGRESS', 'QUEUED', 'PROCESSING'],
	failed: ['FAILED', 'ERROR', 'CANCELLED'],
};
const unicommerce_KEYS = ['successful', 'status', 'filePath', 'message', 'errors', 'description'];
const unicommerce = {
	title: 'Unicommerce Uniware',
	hasReports: () => true,
	requiredInputs: [],
	loginInputs: ['username', 'password'],
	optionalInputs: ['token-url', 'client-id'],
	create: ({ baseUrl, tokenUrl, clientId, username, password, statusWords }) => ({
		credentials: (token) => ({ Authorization: `bearer ${token}` }),
		startedId: (response) => fieldOf(response, 'jobCode'),
		judge: (response) => unicommerce_observe(response, statusWords),
		poll: async (id, send) => {
			const url = new URL(`${baseUrl}/services/rest/v1/export/job/status`);
			const response = await send(jsonRequest(url, { jobCode: id }));
			return unicommerce_observe(response, statusWords);
		},
		logIn: async (send, refreshToken) => {
			const issue = async (grant) => {
				const url = new URL(tokenUrl || `${baseUrl}/oauth/token`);
				url.search = new URLSearchParams({ client_id: clientId || CLIENT_ID, ...grant }).toString();
				return readIssuedToken(await send({ method: 'GET', url }));
			};
			if (refreshToken !== undefined) {
				try {
					return await issue({ grant_type: 'refresh_token', refresh_token: refreshToken });
				} catch (error) {
					if (!(error instanceof PermanentError)) throw error;
				}
			}
			return issue({ grant_type: 'password', username, password });
		},
	}),
};
const CLIENT_ID = 'my-trusted-client';
function readIssuedToken(response) {
	if (response.status === 500) {
		const body = parseBody(response);
		const why = isObject(body) ? explainOAuth(body) : '';
		const text = `${why || 'no message'} (HTTP 500, with which Uniware refuses wrong credentials)`;
		throw new PermanentError(text, 'rejected');
	}
	return readOAuthToken(response);
}
function unicommerce_observe(response, customWords) {
	const body = withKnownKeys(readJson(response, unicommerce_explain), unicommerce_KEYS);
	if (!isObject(body) || !('successful' in body || 'status' in body)) {
		throw missing('status', response);
	}
	const status = toText(body.status);
	const filePath = toText(body.filePath);
	const observed = { providerStatus: status, filePath, message: unicommerce_explain(body) };
	const state = classify(status, customWords, unicommerce_STATUS_WORDS);
	const contradiction = state === 'successful' ? unicommerce_findContradiction(body) : '';
	const message = [contradiction, observed.message].filter(Boolean).join('; ');
	if (isFalse(body.successful)) {
		const hint = 'Check `request-id`, and that `base-url` is the service where the job was started';
		return { ...observed, state: 'failed', message, ...(status === '' && { hint }) };
	}
	if (status === '') {
		return {
			...observed,
			state: 'pending',
			warning: 'the response’s status is empty; taken as pending',
		};
	}
	if (contradiction !== '') return { ...observed, state: 'failed', message };
	if (state !== 'successful' || filePath !== '') return { ...observed, state };
	return {
		...observed,
		state,
		needsGrace: true,
		note: 'its filePath is not there yet',
		warning: `the job is ${status} but has no filePath`,
	};
}
function unicommerce_findContradiction(body) {
	const status = `status “${toText(body.status)}”`;
	if ('successful' in body && !isTrue(body.successful)) {
		return `${status} contradicts \`successful\`: ${toJson(body.successful)}`;
	}
	const key = findContradiction(body);
	return key === undefined ? '' : `${status} contradicts \`${key}\`, which is not empty`;
}
function unicommerce_explain(body) {
	const list = Array.isArray(body.errors) ? body.errors : [body.errors ?? ''];
	const errors = joinErrors(list, (error) => (isObject(error) ? errorMessage(error, 'description', 'message') : toText(error)));
	return [errors, toText(body.message)].filter(Boolean).join('; ');
}
const PROVIDERS = {
	safetychain: safetychain,
	flolive: flolive,
	os1: os1,
	sei: sei,
	unicommerce: unicommerce,
	http: http,
};
const unit=Object.create(null),h=36e5,en_d=24*h,en_y=365.25*en_d;unit.year=unit.yr=unit.y=en_y,unit.month=unit.mo=unit.mth=en_y/12,unit.week=unit.wk=unit.w=7*en_d,unit.day=unit.d=en_d,unit.hour=unit.hr=unit.h=h,unit.minute=unit.min=unit.m=6e4,unit.second=unit.sec=unit.s=1e3,unit.millisecond=unit.millisec=unit.ms=1,unit.microsecond=unit.microsec=unit.us=unit.µs=.001,unit.nanosecond=unit.nanosec=unit.ns=1e-6,unit.group=",",unit.decimal=".",unit.placeholder=" _";const en=unit;
const durationRE=/((?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([\p{L}]{0,14})/gu;parse.unit=en;let groupRE,parse_duration_group,placeholder=null;const lookupUnit=(e,r)=>e[r=String(r).toLowerCase()]??(r.endsWith("s")?e[r.slice(0,-1)]:void 0);function parse(e="",r="ms"){let o,l=null,t=parse.unit;t.placeholder===placeholder&&t.group===parse_duration_group||(groupRE=new RegExp(`(\\d)[${(placeholder=t.placeholder)??""}${(parse_duration_group=t.group)??""}](\\d)`,"g"));let n=(e=String(e)).replace(groupRE,"$1$2");"."!==t.decimal&&(n=n.replaceAll(t.decimal,".")),durationRE.lastIndex=0;for(let e;e=durationRE.exec(n);){let n=e[2];if(!n)if(o){for(const e in t)if(t[e]<o){n=e;break}}else n=r;o=n=lookupUnit(t,n),"number"==typeof n&&(l=(l||0)+e[1]*n)}return l&&l/(lookupUnit(t,r)||1)*("-"===e.trimStart()[0]?-1:1)};
const DURATION = /^(?:\d+(?:\.\d+)?|(?=\d)(?:\d+(?:\.\d+)?h)?(?:\d+(?:\.\d+)?m)?(?:\d+(?:\.\d+)?s)?)$/i;
const MAX_DURATION_MS = 24 * 24 * 60 * 60 * 1000;
function parseDurationMs(text, least) {
	const compact = text.replace(/\s/g, '');
	const ms = DURATION.test(compact) ? parse(compact.toLowerCase(), 's') : null;
	if (ms === null) {
		throw new Error(`${quoted(text)} is not a duration; write seconds (90) or 90s, 0.5s, 15m, 2h, 1h30m`);
	}
	const value = ms * 1000;
	if (value > MAX_DURATION_MS) throw new Error(`${quoted(text)} is too long; the most is 576h`);
	if (value === 0 && least !== 'zero') throw new Error(`${quoted(text)} must be longer than zero`);
	return value;
}
function parseChoice(text, choices) {
	const chosen = choices.find((one) => one.toLowerCase() === text.toLowerCase());
	if (chosen === undefined) throw new Error(`${quoted(text)} is none of ${choices.join(', ')}`);
	return chosen;
}
const parseSwitch = (text) => parseChoice(text || 'false', ['true', 'false']) === 'true';
function requireText(text, what) {
	if (text === '') throw new Error(`is empty; give ${what}`);
	return text;
}
const splitLines = (text) =>
	text
		.split(/\r\n|\r|\n/)
		.map((line) => line.trim())
		.filter(Boolean);
const BYTES_BY_UNIT = {
	'': 1,
	b: 1,
	kb: 1e3,
	mb: 1e6,
	gb: 1e9,
	tb: 1e12,
	kib: 1024,
	mib: 1024 ** 2,
	gib: 1024 ** 3,
	tib: 1024 ** 4,
};
function parseSize(text) {
	const [, number, unit = ''] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text) ?? [];
	const factor = BYTES_BY_UNIT[unit.toLowerCase()];
	if (number === undefined || factor === undefined) {
		throw new Error(`${quoted(text)} is not a size; write bytes (1000) or 500 kB, 20 MB, 10 GB`);
	}
	return Math.round(Number(number) * factor);
}
function parseTime(text) {
	if (text === '') return undefined;
	const ms = parseTimeMs(text);
	if (ms === undefined) {
		throw new Error(`${quoted(text)} is not a time; write one like 2026-11-25T10:00:00Z`);
	}
	return ms;
}
function parsePathSegment(text) {
	if (/^\.{1,2}$/.test(text) || !text.isWellFormed()) {
		throw new Error(`${quoted(text)} cannot be a part of a URL's path`);
	}
	return text;
}
function parseHeaderValue(text) {
	const at = text.search(/[^\x20-\x7E]/);
	if (at >= 0) {
		throw new Error(`has at position ${at + 1} a character that a header cannot carry; only printable ASCII can be sent`);
	}
	return text;
}
function parseToken(text) {
	if (/^bearer$/i.test(text)) throw new Error('is `Bearer` without a token; is the secret set?');
	const token = text.replace(/^bearer\s+/i, '').replace(/^(["'])(.+)\1$/, '$2');
	if (/^bearer(\s|$)/i.test(token)) {
		throw new Error('has `Bearer` twice; the secret holds it already, so leave it out before the secret');
	}
	return parseHeaderValue(token);
}
function parseHttpsUrl(text) {
	const shown = quotedUrl(text);
	const example = 'give something like https://acme.example.com/prefix';
	if (!URL.canParse(text)) throw new Error(`${shown} is not a URL; ${example}`);
	const url = new URL(text);
	const parts = [
		url.username !== '' || url.password !== '' ? 'a user name or password' : '',
		text.includes('?') ? 'a query' : '',
		text.includes('#') ? 'a fragment' : '',
	].filter(Boolean);
	if (parts.length > 0) throw new Error(`${shown} must not hold ${parts.join(' and ')}; ${example}`);
	if (!isSecure(url)) {
		throw new Error(`${shown} must begin with https://; http:// is for loopback hosts alone`);
	}
	return url.href;
}
const quoted = (text) => `“${quote(text)}”`;
const quotedUrl = (text) => quoted(text.replace(/^.*@/s, '***@'));
const RESERVED_HEADERS = [
	...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
	...['te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'range'],
];
const SECRET_HEADER_NAME = /auth|pass|session|sign|credential|sid|key|token|secret|cookie/i;
const LONGEST_VALUE = 16 * 1024;
const STANDS_FOR_NOTHING = /^(null|undefined|\*+)$/i;
function parseHeaders(text) {
	const headers = {};
	const seen = new Set();
	for (const [index, line] of splitLines(text).entries()) {
		const colon = line.indexOf(':');
		const name = line.slice(0, Math.max(colon, 0));
		if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
			throw new Error(`has a line, number ${index + 1}, that is not “Name: value”`);
		}
		const key = name.toLowerCase();
		if (RESERVED_HEADERS.includes(key) || key.startsWith('if-')) {
			throw new Error(`must not set ${name}, which the client itself does`);
		}
		if (seen.has(key)) throw new Error(`sets ${name} twice`);
		seen.add(key);
		const value = line.slice(colon + 1).trim();
		const problem = findValueProblem(name, value);
		if (problem !== undefined) throw new Error(problem);
		headers[name] = value;
	}
	return headers;
}
function findValueProblem(name, value) {
	if (value === '') return `has no value in ${name}; is its secret set?`;
	if (value.length > LONGEST_VALUE) return `has over 16 KiB in ${name}, more than a header can carry`;
	const [scheme] = /^(bearer|basic|token)$/i.exec(value) ?? [];
	if (scheme !== undefined) return `has \`${scheme}\` and no token in ${name}; is its secret set?`;
	if (/^bearer\s+bearer(\s|$)/i.test(value)) {
		return `has \`Bearer\` twice in ${name}; the secret holds it already, so leave it out before the secret`;
	}
	const secret = value.replace(/^(bearer|basic|token)\s+/i, '').replace(/^(["'])(.*)\1$/, '$2');
	if (SECRET_HEADER_NAME.test(name) && (secret === '' || STANDS_FOR_NOTHING.test(secret))) {
		return `has a value in ${name} that no secret has; is its secret set?`;
	}
	const second = /\s([A-Z][\w-]*|[A-Za-z]\w*(?:-\w+)+):\s/.exec(value);
	if (second !== null) {
		return `has a second header, ${second[1] ?? ''}, in the line of ${name}; write one per line, after \`headers: |\``;
	}
	if (/[^\t\x20-\x7E]/.test(value)) {
		return `has in ${name} a character that a header cannot carry; only printable ASCII can be sent`;
	}
	return undefined;
}
const SECRET_INPUTS = ['token', 'password', 'client-secret', 'app-key'];
const PEM_INPUTS = ['client-certificate', 'client-key', 'ca-certificate', 'private-key'];
const PAIRS = [
	['username', 'password'],
	['client-id', 'client-secret'],
	['app-key', 'client-secret'],
];
const SHORTEST_SECRET = 4;
const LONGEST_SECRET = 16 * 1024;
const SCHEME = /^(bearer|basic|token)$/i;
const isSecret = (text) => text.length >= SHORTEST_SECRET && !STANDS_FOR_NOTHING.test(text) && !SCHEME.test(text);
const fitsIndex = (text) => text.length <= LONGEST_SECRET || text.includes('-----BEGIN ');
const AWS_SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
function registerSecrets(get, environment, { add: addSecret }) {
	const add = (text) => {
		const bare = text.replace(/^((bearer|basic|token)\s+)+/i, '');
		const unquoted = /^(["'])(.+)\1$/.exec(bare)?.[2] ?? bare;
		for (const secret of new Set([text, bare, unquoted])) {
			if (isSecret(secret) && fitsIndex(secret)) addSecret(secret);
		}
	};
	for (const name of [...SECRET_INPUTS, ...PEM_INPUTS]) add(get(name));
	for (const [user, secret] of PAIRS) {
		if (!isSecret(get(secret))) continue;
		const pair = [get(user), get(secret)];
		add(pair.join(':'));
		add(pair.map((text) => encodeURIComponent(text.toWellFormed())).join(':'));
	}
	if (get('password') === '' && get('username') !== '') {
		add(get('username'));
		add(`${get('username')}:`);
	}
	registerHeaders(get('headers'), add);
	registerHeaders(get('report-headers'), add);
	registerHeaders(get('start-headers'), add);
	if (get('aws-region') !== '' || get('aws-service') !== '') {
		for (const name of AWS_SECRETS) add(environment[name]?.trim() ?? '');
	}
}
function checkSecrets({ get, problems }, environment) {
	for (const name of [...SECRET_INPUTS, ...PEM_INPUTS]) {
		const isGiven = (environment[`INPUT_${name.toUpperCase()}`] ?? '') !== '';
		if (isGiven && get(name) === '') {
			problems.push(`\`${name}\` is only blanks; is \`${name}\` really set to its value?`);
		}
	}
	for (const name of SECRET_INPUTS) {
		const secret = get(name).replace(/^bearer\s+/i, '');
		if (secret === '' || /^bearer$/i.test(secret)) continue;
		const isNothing = STANDS_FOR_NOTHING.test(secret);
		if (isNothing || secret.length < SHORTEST_SECRET) {
			const what = isNothing ? 'is a placeholder and no secret' : `has only ${counted(secret.length, 'character')}`;
			problems.push(`\`${name}\` ${what}; is \`${name}\` really set to its value?`);
		}
		if (secret.length > LONGEST_SECRET) {
			problems.push(`\`${name}\` has over 16 KiB, more than a header can carry; is it the right secret?`);
		}
	}
}
function registerHeaders(text, add) {
	for (const line of splitLines(text)) {
		const [name = '', ...rest] = line.split(':');
		if (!SECRET_HEADER_NAME.test(name)) continue;
		const value = rest.join(':').trim();
		const credentials = /^[\w!#$%&'*+.^|~-]+\s+(\S.*)$/.exec(value)?.[1] ?? '';
		const parts = value.split(/[;,]\s*/).map((part) => /=\s*"?([^"]*)/.exec(part)?.[1] ?? '');
		for (const secret of [value, credentials, ...parts]) add(secret);
	}
}
const OTHER_CREDENTIALS = [
	...['token', 'username', 'password', 'client-id', 'client-secret', 'token-url'],
	...['private-key', 'oidc-audience'],
];
const SIGNATURE_HEADER = /^[ \t]*(authorization|x-amz-date|x-amz-security-token)[ \t]*:/im;
function readAwsSigning({ get, read, problems }, provider, environment) {
	const [region, service] = [read('aws-region', parseScope, ''), read('aws-service', parseScope, '')];
	if (get('aws-region') === '' && get('aws-service') === '') return undefined;
	if (get('aws-region') === '' || get('aws-service') === '') {
		problems.push('`aws-region` and `aws-service` go together; give both or neither');
	}
	if (provider !== undefined && provider !== PROVIDERS.http) {
		problems.push('`aws-region` is for `provider` http alone; leave it out, or describe the API there');
	}
	for (const name of OTHER_CREDENTIALS.filter((one) => get(one) !== '')) {
		problems.push(`\`aws-region\` and \`${name}\` are two ways to show credentials; give one of them`);
	}
	for (const name of ['headers', 'report-headers']) {
		const header = SIGNATURE_HEADER.exec(get(name))?.[1];
		if (header === undefined) continue;
		problems.push(`\`aws-region\` signs each request, which sets ${header}; leave it out of \`${name}\``);
	}
	const credentials = awsCredentials(environment);
	const missing = findMissing(credentials);
	if (missing.length > 0) {
		problems.push(
			`\`aws-region\` needs credentials in the environment, and there is no usable ${missing.join(' and ')}; run aws-actions/configure-aws-credentials in a step before this one`,
		);
	}
	return { region, service, credentials };
}
const awsCredentials = (environment) => ({
	accessKeyId: environment.AWS_ACCESS_KEY_ID?.trim() ?? '',
	secretAccessKey: environment.AWS_SECRET_ACCESS_KEY?.trim() ?? '',
	sessionToken: environment.AWS_SESSION_TOKEN?.trim() ?? '',
});
function findMissing(credentials) {
	const { accessKeyId, secretAccessKey, sessionToken } = credentials;
	return [
		isKey(accessKeyId) ? '' : 'AWS_ACCESS_KEY_ID',
		isKey(secretAccessKey) ? '' : 'AWS_SECRET_ACCESS_KEY',
		sessionToken === '' || isKey(sessionToken) ? '' : 'AWS_SESSION_TOKEN',
	].filter(Boolean);
}
const isKey = (text) => isSecret(text) && /^[\x21-\x7E]+$/.test(text);
function parseScope(text) {
	if (/^[a-z0-9-]*$/i.test(text)) return text;
	throw new Error(`${quoted(text)} is no name at AWS; write it like eu-west-1 or codebuild`);
}
function readCertificates({ get, problems, read }, nowMs) {
	const parse = (text) => (text === '' ? [] : parseCertificates(text, nowMs));
	const chain = read('client-certificate', parse, []);
	const cas = read('ca-certificate', parse, []);
	const parseKey = (text) => (text === '' ? undefined : parsePrivateKey(text));
	const key = read('client-key', parseKey, undefined);
	const leaf = chain.find((one) => key !== undefined && one.checkPrivateKey(key)) ?? chain[0];
	if ((get('client-certificate') === '') !== (get('client-key') === '')) {
		problems.push('`client-certificate` and `client-key` go together; give both or neither');
	}
	if (leaf !== undefined && key !== undefined && !leaf.checkPrivateKey(key)) {
		const name = quote(leaf.subject.replaceAll('\n', ', '));
		problems.push(`\`client-key\` is not the key of \`client-certificate\` (${name})`);
	}
	const client = key && leaf && { chain: [leaf, ...chain.filter((one) => one !== leaf)], key };
	const contextWith = (own) =>
		problems.length > 0 || (own === undefined && cas.length === 0)
			? undefined
			: read('client-certificate', () => createContext({ client: own, cas }), undefined);
	const provider = contextWith(client);
	return {
		provider,
		others: client === undefined ? provider : contextWith(undefined),
		hasClientCertificate: client !== undefined,
	};
}
function parseList(text, separators) {
	const trimmed = text.trim();
	const json = trimmed.startsWith('[') ? parseJsonList(trimmed) : undefined;
	if (json !== undefined) return json;
	return splitDashes(splitLines(trimmed))
		.flatMap((line) => splitOutsideQuotes(line, separators))
		.map((element) => unquote(element.trim()).trim())
		.filter(Boolean);
}
function parseRequestIds(text) {
	const ids = [...new Set(parseList(text, undefined))];
	if (ids.length === 0) throw new Error('is empty; give the id of the job, one id per line, or `start-url` to start it');
	for (const id of ids) parsePathSegment(id);
	return ids;
}
function parseStatuses(text) {
	const statuses = parseList(text, /[,;|]/);
	const odd = statuses.find((status) => /["“”[\]{}]|^'|'$/.test(status));
	if (odd !== undefined) {
		throw new Error(`holds ${quoted(odd)}, which no provider sends; write Booked, Settled or one status per line`);
	}
	return statuses;
}
function parseHttpStatuses(text) {
	return parseList(text.replace(/(\d)[ \t]+(?=\d)/g, '$1,'), /[,;|]/).map((code) => {
		if (!/^[1-5]\d\d$/.test(code)) {
			throw new Error(`${quoted(code)} is not an HTTP status; write codes such as 200, 201, 204`);
		}
		return Number(code);
	});
}
function parseJsonList(text) {
	let value;
	try {
		value = parseJson(text);
	} catch {
		return undefined;
	}
	const elements = Array.isArray(value) ? value : [value];
	return elements
		.map((element) => {
			if (typeof element === 'string' || typeof element === 'number') return String(element).trim();
			throw new Error(`${quoted(text)} is a JSON array that holds something else than texts; write ["a", "b"], or one element per line`);
		})
		.filter(Boolean);
}
function splitDashes(lines) {
	if (lines.length === 0 || !lines.every((line) => /^-\s/.test(line))) return lines;
	return lines.flatMap((line) => line.slice(1).split(/\s-\s/)).map((line) => line.trim());
}
function splitOutsideQuotes(line, separators) {
	const elements = [];
	let rest = line;
	while (rest !== '') {
		const element = /^\s*("[^"]*"|'[^']*')(?=\s*(["']|$|[,;|]))/.exec(rest)?.[0];
		const at = separators === undefined ? -1 : rest.search(separators);
		const end = element?.length ?? (at < 0 ? rest.length : at);
		elements.push(rest.slice(0, end));
		rest = rest.slice(end).replace(/^\s*[,;|]/, '');
	}
	return elements;
}
const unquote = (text) => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
const CURVE_ALGORITHMS = {
	prime256v1: 'ES256',
	secp384r1: 'ES384',
	secp521r1: 'ES512',
	secp256k1: 'ES256K',
};
function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }) {
	const pss = ['PS256', 'PS384', 'PS512'];
	switch (asymmetricKeyType) {
		case 'rsa':
			return ['RS256', 'RS384', 'RS512', ...pss];
		case 'rsa-pss':
			return pss;
		case 'ec': {
			const algorithm = CURVE_ALGORITHMS[asymmetricKeyDetails?.namedCurve ?? ''];
			return algorithm === undefined ? [] : [algorithm];
		}
		case 'ed25519':
			return ['EdDSA', 'Ed25519'];
		default:
			return [];
	}
}
const REQUIRED_INPUT_HINTS = {
	'app-key': 'the consumer key of the registered application',
	'tenant-id': 'the id of the tenant',
	'participant-type': 'the plural name of the participant type',
	username: 'the name of the user or service account',
	password: 'the password that goes with username',
	'client-id': 'the client id',
	'client-secret': 'the client secret',
	'token-url': 'the address that issues tokens',
};
const LOGIN_INPUTS = ['username', 'password', 'client-id', 'client-secret'];
function readLogin({ get, problems }, provider, method) {
	const missing = (names) => names.filter((name) => get(name) === '');
	const note = (name) => problems.push(`\`${name}\` is empty; give ${REQUIRED_INPUT_HINTS[name]}`);
	missing(provider.requiredInputs).forEach(note);
	if (method !== undefined) return true;
	const canEverLogIn = provider.loginInputs.length > 0;
	const lacking = missing(provider.loginInputs);
	if (provider.allowsAnonymous) {
		const wantsLogin = canEverLogIn && get('token-url') !== '';
		if (wantsLogin) lacking.forEach(note);
		else if (lacking.length < provider.loginInputs.length) note('token-url');
		return wantsLogin && lacking.length === 0;
	}
	if (LOGIN_INPUTS.some((name) => get(name) !== '')) {
		lacking.forEach(note);
	} else if (get('token') === '') {
		const orLogin = canEverLogIn ? `, or ${listInputs(provider.loginInputs)} to log in` : '';
		problems.push(`\`token\` is empty; give an access token of ${provider.title}${orLogin} (a secret that is not set is empty too)`);
	}
	return canEverLogIn && lacking.length === 0;
}
function readLoginMethod({ get, read, problems }, client) {
	const [key, oidcAudience] = [get('private-key'), get('oidc-audience')];
	const { tokenUrl, audience, scope } = client;
	if (key !== '' && oidcAudience !== '') {
		problems.push('`private-key` and `oidc-audience` are two ways to log in; give one of them');
	}
	if (key === '' && get('jwt-claims') !== '') {
		problems.push('`jwt-claims` is not used without `private-key`; give both or neither');
	}
	if (oidcAudience !== '') {
		if (tokenUrl === '' && get('token-url') === '') {
			problems.push(`\`token-url\` is empty; give ${REQUIRED_INPUT_HINTS['token-url']}`);
		}
		return { kind: 'token-exchange', oidcAudience, tokenUrl, audience, scope, client };
	}
	if (key === '') return undefined;
	const privateKey = read('private-key', parseSigningKey, undefined);
	const { alg, kid, ...claims } = read('jwt-claims', parseClaims, {});
	if (privateKey === undefined) return undefined;
	const algorithms = algorithmsOf(privateKey);
	const algorithm = read('jwt-claims', () => chooseAlgorithm(alg, algorithms), '');
	const header = { alg: algorithm, ...(kid !== undefined && { kid }) };
	return { kind: 'signed-assertion', privateKey, header, claims, tokenUrl, scope, client };
}
function parseSigningKey(text) {
	const key = parsePrivateKey(text);
	if (algorithmsOf(key).length === 0) {
		throw new Error(`is a key of type ${key.asymmetricKeyType ?? 'unknown'}, which signs no JWT; give an RSA, EC or Ed25519 key`);
	}
	return key;
}
function chooseAlgorithm(wanted, possible) {
	const [usual = ''] = possible;
	if (wanted === undefined || possible.includes(wanted)) return wanted ?? usual;
	throw new Error(`asks for alg ${quoted(wanted)}, but the private key signs with ${possible.join(', ')}`);
}
const OWN_CLAIMS = ['iat', 'exp', 'nbf'];
function parseClaims(text) {
	const claims = {};
	for (const [index, line] of splitLines(text).entries()) {
		const [, name, rest = ''] = /^([\w:/.-]*\w):(?:\s+(\S.*))?$/.exec(line) ?? [];
		if (name === undefined) {
			throw new Error(`has a line, number ${index + 1}, that is not “name: value”, such as iss: my-app`);
		}
		const value = /^(["'])(.*)\1$/.exec(rest)?.[2] ?? rest;
		if (value === '') throw new Error(`has no value in ${name}; is its secret or variable set?`);
		if (OWN_CLAIMS.includes(name)) throw new Error(`must not set ${name}, which the step itself does`);
		if (Object.hasOwn(claims, name)) throw new Error(`sets ${name} twice`);
		claims[name] = value;
	}
	return claims;
}
const MAX_SEARCHED_PREFIX = 500;
function parseQuery(query) {
	if (query === '') return query;
	if (!parses(query)) {
		const rest = query.slice(longestValidPrefix(query)).trimStart();
		const position = query.length - rest.length + 1;
		const key = /\b[A-Za-z_]\w*(?:-\w+)+/.exec(query.replace(QUOTED, '""'))?.[0];
		const isWhole = rest === query.trimStart();
		const at = `position ${position}${isWhole ? '' : ` (“${quote(rest)}”)`}`;
		const advice = query.startsWith('.')
			? 'JMESPath has no leading dot'
			: key === undefined
				? 'see https://jmespath.org/tutorial.html'
				: `write "${key}" for the key`;
		throw new Error(`“${quote(query)}” is not a JMESPath query: it cannot be parsed at ${at}; ${advice}`);
	}
	const problem = findSubtraction(query) ?? findFunctionError(query);
	if (problem !== undefined) throw new Error(`“${quote(query)}” cannot be evaluated: ${problem}`);
	return query;
}
const LOOKS_AT_RESPONSE = /"type":"(Field|Current|Variable|Root|Identity)"/;
function parseStatusQuery(query) {
	const parsed = parseQuery(query);
	if (query === '') return parsed;
	const end = endOfPipe(Rt(query));
	if (LOOKS_AT_RESPONSE.test(JSON.stringify(end)) || findsNothing(end)) return parsed;
	throw new Error(
		`“${quote(query)}” is a constant, which proves nothing: it finds the same in every response; write the query of the status`,
	);
}
const endOfPipe = (node) => (node.type === 'Pipe' ? endOfPipe(node.right) : node);
function findsNothing(constant) {
	try {
		return evaluate(constant, { body: null, id: '', status: 0, headers: {} }) === null;
	} catch {
		return false;
	}
}
function longestValidPrefix(query) {
	let length = Math.min(query.length - 1, MAX_SEARCHED_PREFIX);
	while (length > 0 && !parses(query.slice(0, length))) length -= 1;
	return length;
}
function findSubtraction(query) {
	const key = /\b[A-Za-z_]\w*(?:-[A-Za-z_]\w*)+/.exec(query.replace(QUOTED, '""'))?.[0];
	if (key === undefined) return undefined;
	return `${key} is a subtraction; write "${key}" for the key, or spaces around the minus`;
}
function findFunctionError(query) {
	const parts = [query, ...functionCalls(Rt(query))];
	return parts.map(evaluationError).find((problem) => problem !== undefined);
}
function functionCalls(node) {
	if (Array.isArray(node)) return node.flatMap(functionCalls);
	if (!isObject(node) || node.type === 'Literal') return [];
	const below = Object.values(node).flatMap(functionCalls);
	if (node.type !== 'Function' || !Array.isArray(node.children)) return below;
	return [`${toText(node.name)}(${node.children.map(() => '@').join(', ')})`, ...below];
}
function evaluationError(query) {
	try {
		evaluate(Rt(query), { body: null, id: 'id', status: 200, headers: {} });
		return undefined;
	} catch (error) {
		const { message } = error;
		return /unknown function|takes .*argument|undefined variable/i.test(message) ? message : undefined;
	}
}
function parses(query) {
	try {
		Rt(query);
		Rt(`!(${query})`);
		return true;
	} catch {
		return false;
	}
}
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const parseMethod = (text, otherwise) => parseChoice(text || otherwise, METHODS);
function readHttpSettings(reader) {
	const { get, read } = reader;
	const query = (name) => read(name, parseQuery, '');
	const headers = read('headers', parseHeaders, {});
	const body = get('body');
	return {
		url: get('url'),
		method: read('method', (text) => parseMethod(text, 'GET'), 'GET'),
		headers: body === '' ? headers : withJsonType(headers),
		body,
		statusQuery: read('status-query', parseStatusQuery, '') || 'status',
		failureQuery: query('failure-query'),
		messageQuery: query('message-query'),
		batchIdQuery: query('batch-id-query'),
		filePathQuery: query('file-path-query'),
		linkQuery: query('link-query'),
		progressQuery: query('progress-query'),
		cancelUrl: get('cancel-url'),
		cancelBody: get('cancel-body'),
		transientQuery: query('transient-query'),
		httpStatuses: readHttpStatuses(reader),
		updatedAtQuery: query('updated-at-query'),
		notBeforeMs: readNotBefore(reader),
		cancelMethod: read('cancel-method', (text) => parseMethod(text, 'POST'), 'POST'),
	};
}
const DEFAULT_PENDING = '202';
function readHttpStatuses({ get, read, problems }) {
	const successful = read('success-http-statuses', parseHttpStatuses, []);
	const failed = read('failure-http-statuses', parseHttpStatuses, []);
	const listed = read('pending-http-statuses', (text) => parseHttpStatuses(text || DEFAULT_PENDING), []);
	const isDefault = ['', DEFAULT_PENDING].includes(get('pending-http-statuses'));
	const others = [...successful, ...failed];
	const pending = isDefault ? listed.filter((code) => !others.includes(code)) : listed;
	const lists = Object.entries({
		'success-http-statuses': successful,
		'pending-http-statuses': pending,
		'failure-http-statuses': failed,
	});
	for (const code of new Set([...others, ...pending])) {
		const names = lists.flatMap(([name, codes]) => (codes.includes(code) ? `\`${name}\`` : []));
		if (names.length > 1) {
			problems.push(`${names.join(' and ')} both list ${code}; keep it in one of them`);
		}
	}
	return { successful, pending, failed };
}
function readNotBefore({ get, read, problems }) {
	const notBeforeMs = read('not-before', parseTime, undefined);
	if ((get('not-before') === '') !== (get('updated-at-query') === '')) {
		problems.push('`updated-at-query` and `not-before` go together; give both or neither');
	}
	return notBeforeMs;
}
function httpRoot(baseUrl, url) {
	if (baseUrl !== '') return baseUrl;
	const origin = /^https?:\/\/[^/?#{]+(?=[/?#]|\{\+id\}|$)/i.exec(url)?.[0] ?? '';
	if (origin !== '') return origin;
	if (url === '') return '';
	throw new Error('is empty; give the root of the service, as https://…, since `url` does not begin with one');
}
function checkTemplates({ get, read }, requestIds, { baseUrl, http }) {
	const check = (text) => {
		checkUrlTemplate(text, requestIds, baseUrl);
	};
	const checkStatusUrl = (text) => {
		check(requireText(text, 'the URL that tells the status'));
		if (requestIds.length > 1 && !/\{\+?id\}/.test(text + get('body'))) {
			throw new Error('has no {id}, so all jobs would be the same one; write it there or in body');
		}
	};
	const checkBody = (text) => {
		for (const id of requestIds) expandBody(text, id, http.headers);
	};
	read('url', checkStatusUrl, undefined);
	read('body', checkBody, undefined);
	read('cancel-url', check, undefined);
	read(
		'cancel-body',
		(text) => {
			if (text !== '' && get('cancel-url') === '') {
				throw new Error('is not used without `cancel-url`; give both or neither');
			}
			checkBody(text);
		},
		undefined,
	);
}
function checkUrlTemplate(template, ids, root) {
	if (/\{(?!\+?id\})/.test(template)) {
		throw new Error('has braces around something else than id; write {id} or {+id}');
	}
	const shown = quotedUrl(template);
	for (const id of template === '' || root === '' ? [] : ids) {
		let url;
		try {
			url = expandUrlTemplate(template, id, root);
		} catch {
			throw new Error(`${shown} is not a URL for the job “${quote(id)}”`);
		}
		if (url.origin !== new URL(root).origin) {
			throw new Error(
				`leads to ${url.host || url.protocol} for the job “${quote(id)}”; credentials go to the host of base-url (${new URL(root).host}) alone`,
			);
		}
		if (!isSecure(url) || url.username !== '' || url.password !== '') {
			throw new Error(`${shown} must be https, without a user name or password`);
		}
	}
}
function readProviderSettings(reader, provider, requestIds) {
	const { get, read } = reader;
	const http = readHttpSettings(reader);
	const baseUrl = readBaseUrl(reader, provider);
	if (provider === PROVIDERS.http) checkTemplates(reader, requestIds, { baseUrl, http });
	return {
		baseUrl,
		http,
		tokenUrl: read('token-url', (text) => text && parseHttpsUrl(text), ''),
		tokenScheme: read('token-scheme', (text) => parseChoice(text || 'basic', ['basic', 'none']), 'basic'),
		username: get('username'),
		password: get('password'),
		clientId: get('client-id'),
		clientSecret: get('client-secret'),
		audience: get('audience'),
		scope: get('scope'),
		clientAuthentication: read('client-authentication', (text) => parseChoice(text || 'header', ['header', 'body']), 'header'),
		appKey: read('app-key', parseHeaderValue, ''),
		appName: read('app-name', (text) => parsePathSegment(text || 'insight'), ''),
		tenantId: read('tenant-id', parseHeaderValue, ''),
		participantType: read('participant-type', parsePathSegment, ''),
		pageParameter: get('page-parameter') || 'page',
		statusWords: readStatusWords(reader),
	};
}
function readBaseUrl({ get, read }, provider) {
	if (provider !== PROVIDERS.http) {
		return read('base-url', (text) => parseRoot(text, provider), '');
	}
	const parse = (text) => {
		const root = httpRoot(text, get('url'));
		return root === '' ? '' : parseRoot(root, provider);
	};
	return read('base-url', parse, '');
}
function parseRoot(text, provider) {
	const root = text || (provider?.defaultBaseUrl ?? '');
	if (root !== '') return parseHttpsUrl(root).replace(/(?<!\/)\/+$/, '');
	if (provider === undefined) return '';
	throw new Error(`is empty; give the root of your ${provider.title} service, as https://…`);
}
const STATUS_INPUTS = {
	successful: 'success-statuses',
	partial: 'partial-statuses',
	failed: 'failure-statuses',
	pending: 'pending-statuses',
};
function readStatusWords({ read, problems }) {
	const lists = Object.entries(STATUS_INPUTS).map(([state, name]) => [state, name, read(name, parseStatuses, [])]);
	const nameOfStatus = new Map();
	for (const [, name, statuses] of lists) {
		for (const status of statuses) {
			const other = nameOfStatus.get(normalizeStatus(status));
			if (other !== undefined && other !== name) {
				problems.push(`\`${other}\` and \`${name}\` both list ${quoted(status)}; keep it in one of them`);
			}
			nameOfStatus.set(normalizeStatus(status), name);
		}
	}
	return Object.fromEntries(lists.map(([state, , statuses]) => [state, statuses]));
}
const DEFAULTS = {
	'app-name': 'insight',
	'cancel-method': 'POST',
	'client-authentication': 'header',
	method: 'GET',
	'page-parameter': 'page',
	'pending-http-statuses': '202',
	'start-final': 'false',
	'start-method': 'POST',
	'status-query': 'status',
	'token-scheme': 'basic',
};
const isGiven = (get, name) => !['', DEFAULTS[name]].includes(get(name));
const inputsOf = ({ requiredInputs, loginInputs, optionalInputs = [] }) => [...requiredInputs, ...loginInputs, ...optionalInputs];
const LOGIN_METHOD_INPUTS = ['token-url', 'audience', 'scope', 'client-id', 'client-secret', 'client-authentication'];
function findUnusedInputs(get, provider, login) {
	const read = new Set([...inputsOf(provider), ...(login ? LOGIN_METHOD_INPUTS : [])]);
	const all = new Set(Object.values(PROVIDERS).flatMap(inputsOf));
	return [...all].filter((name) => !read.has(name) && isGiven(get, name));
}
const START_INPUTS = [...['start-method', 'start-headers', 'start-body', 'id-query'], ...['start-idempotency-header', 'start-final']];
function start_readStart(reader, baseUrl) {
	const { get, read, problems } = reader;
	const url = read('start-url', (text) => parseStartUrl(text, baseUrl), undefined);
	if (get('start-url') === '') {
		for (const name of START_INPUTS.filter((one) => isGiven(get, one))) {
			problems.push(`\`${name}\` is not used without \`start-url\`; give both or neither`);
		}
		return undefined;
	}
	if (get('request-id') !== '') {
		problems.push('`start-url` and `request-id` are two ways to name the job; give one of them');
	}
	const headers = read('start-headers', parseHeaders, {});
	const body = get('start-body');
	const start = {
		method: read('start-method', (text) => parseMethod(text, 'POST'), 'POST'),
		headers: body === '' ? headers : withJsonType(headers),
		body,
		idQuery: read('id-query', parseQuery, ''),
		idempotencyHeader: read('start-idempotency-header', parseHeaderName, ''),
		isFinal: read('start-final', parseSwitch, false),
	};
	return url && { url, ...start };
}
function parseStartUrl(text, baseUrl) {
	if (text === '' || baseUrl === '') return undefined;
	if (/[{}]/.test(text)) throw new Error('has braces; the job has no id yet that could stand there');
	const shown = quotedUrl(text);
	let url;
	try {
		url = resolveUrl(text, baseUrl);
	} catch {
		throw new Error(`${shown} is not a URL; give a path below base-url`);
	}
	const { host, origin } = new URL(baseUrl);
	if (!isSecure(url) || url.username !== '' || url.password !== '') {
		throw new Error(`${shown} must be https, without a user name or password`);
	}
	if (url.origin !== origin) {
		throw new Error(`leads to ${url.host}; credentials go to the host of base-url (${host}) alone`);
	}
	return url;
}
function parseHeaderName(text) {
	if (!/^[\w!#$%&'*+.^`|~-]*$/.test(text)) {
		throw new Error(`${quoted(text)} is no name of a header; write one such as Idempotency-Key`);
	}
	if (text !== '') parseHeaders(`${text}: value`);
	return text;
}
function createReader(get) {
	const problems = [];
	return {
		get,
		problems,
		read: (name, parse, otherwise) => {
			try {
				return parse(get(name));
			} catch (error) {
				problems.push(`\`${name}\` ${error.message}`);
				return otherwise;
			}
		},
	};
}
function readInputs(get, { secrets, environment, nowMs }) {
	registerSecrets(get, environment, secrets);
	const reader = createReader(get);
	checkSecrets(reader, environment);
	const { problems, read } = reader;
	const provider = read('provider', parseProvider, undefined);
	const isStarted = reader.get('start-url') !== '';
	const requestIds = isStarted ? [] : read('request-id', parseRequestIds, []);
	const settings = readProviderSettings(reader, provider, requestIds);
	const start = start_readStart(reader, settings.baseUrl);
	const login = readLoginMethod(reader, settings);
	const canLogIn = provider !== undefined && readLogin(reader, provider, login);
	const token = read('token', parseToken, '');
	const inputs = {
		requestIds,
		start,
		token: token === '' && (canLogIn || !provider?.allowsAnonymous) ? undefined : token,
		settings,
		login,
		aws: readAwsSigning(reader, provider, environment),
		secureContexts: readCertificates(reader, nowMs),
		destination: read('download-path', (text) => parseDestination(text, environment), undefined),
		reportLimits: readReportLimits(reader),
		...readWaitSettings(reader),
		onTimeout: read('on-timeout', failOrContinue, 'fail'),
		onPartialSuccess: read('on-partial-success', failOrContinue, 'fail'),
		canLogIn,
		unusedInputs: provider === undefined ? [] : findUnusedInputs(get, provider, login),
	};
	if (provider === undefined || problems.length > 0) throw new BadInputs(problems);
	return { provider, ...inputs, hasReports: provider.hasReports(inputs.settings) };
}
function parseProvider(text) {
	const names = Object.keys(PROVIDERS);
	if (text === '') throw new Error(`is empty; give one of ${names.join(', ')}`);
	return PROVIDERS[parseChoice(text, names)];
}
function readReportLimits({ read, get, problems }) {
	const minReportBytes = read('minimum-report-size', (text) => parseSize(text || '1'), 1);
	const maxReportBytes = read('max-report-size', (text) => parseSize(text || '10 GB'), Infinity);
	if (minReportBytes > maxReportBytes) {
		problems.push(
			`\`minimum-report-size\` (${quote(get('minimum-report-size'))}) is over \`max-report-size\` (${quote(get('max-report-size'))}); lower the one or raise the other`,
		);
	}
	return {
		reportHeaders: read('report-headers', parseHeaders, {}),
		minReportBytes,
		maxReportBytes,
	};
}
const failOrContinue = (text) => parseChoice(text || 'fail', ['fail', 'continue']);
const waitOrFail = (text) => parseChoice(text || 'wait', ['wait', 'fail']);
function readWaitSettings({ get, problems, read }) {
	const intervalText = get('interval') || '1s';
	const maxIntervalText = get('max-interval') || '30s';
	const intervalMs = read('interval', () => parseDurationMs(intervalText, 'above zero'), 0);
	const maxIntervalMs = read('max-interval', () => parseDurationMs(maxIntervalText, 'above zero'), Infinity);
	if (intervalMs > maxIntervalMs) {
		problems.push(
			`\`interval\` (${quote(intervalText)}) is over \`max-interval\` (${quote(maxIntervalText)}); ` + 'lower the one or raise the other',
		);
	}
	const queued = read('queued-statuses', parseStatuses, []);
	if ((get('queue-timeout') === '') !== (queued.length === 0)) {
		problems.push('`queue-timeout` and `queued-statuses` go together; give both or neither');
	}
	const isQueued = new Set(queued.map(normalizeStatus));
	const optional = (text) => (text === '' ? undefined : parseDurationMs(text, 'above zero'));
	return {
		failFast: read('fail-fast', parseSwitch, false),
		queueTimeoutMs: read('queue-timeout', optional, undefined),
		queuedStatuses: queued,
		isQueued: (status) => isQueued.has(normalizeStatus(status)),
		warnAfterMs: read('warn-after', optional, undefined),
		timeoutMs: read('timeout', (text) => parseDurationMs(text || '30m', 'zero'), 0),
		intervalMs,
		maxIntervalMs,
		onUnknownStatus: read('on-unknown-status', waitOrFail, 'wait'),
		notFoundGraceMs: read('not-found-grace', (text) => parseDurationMs(text || '15s', 'zero'), 0),
	};
}
const MESSAGE = 'Await Job broke off, and what it would have reported could not be written; run the step again with debug logging';
const OUTPUTS = {
	status: 'Error',
	reason: 'bad-response',
	message: MESSAGE,
	timedOut: 'false',
	jobs: '[]',
	...Object.fromEntries(
		['requestId', 'batchId', 'filePath', 'link', 'providerStatus', 'reportFile', 'reportBytes', 'reportSha256']
			.concat(['jobsFile', 'response'])
			.map((name) => [name, '']),
	),
};
function reportLastResort() {
	process.exitCode = ExitCode.Failure;
	last_resort_attempt(() => {
		core_error(MESSAGE);
	});
	for (const [name, value] of Object.entries(OUTPUTS)) {
		last_resort_attempt(() => {
			setOutput(name, value);
		});
	}
}
function last_resort_attempt(work) {
	try {
		work();
	} catch {}
}
function adviceContextFrom(inputs) {
	const { provider, token, canLogIn, settings, timeoutMs, requestIds } = inputs;
	const hasToken = token !== undefined && token !== '';
	const { http, username } = settings;
	const isHttp = provider.allowsAnonymous ?? false;
	const hasOwn = username !== '' || Object.keys(http.headers).some((name) => !/^(accept|content)/i.test(name));
	return {
		isHttp,
		hasToken,
		canLogIn,
		loginInputs: listInputs(findLoginInputs(inputs)),
		otherCredentials: inputs.aws ? 'of AWS' : username === '' ? 'in `headers`' : 'in `username` and `password`',
		hasCa: inputs.secureContexts.others !== undefined,
		sendsCredentials: hasToken || canLogIn || hasOwn || inputs.aws !== undefined,
		pollsOnce: timeoutMs === 0,
		continuesOnTimeout: inputs.onTimeout === 'continue',
		continuesOnPartialSuccess: inputs.onPartialSuccess === 'continue',
		jobs: Math.max(requestIds.length, 1),
	};
}
function findLoginInputs({ provider, settings }) {
	const { tokenUrl, tenantId } = settings;
	const given = { 'token-url': tokenUrl, 'tenant-id': tenantId };
	const all = [...(provider.allowsAnonymous ? ['token-url'] : []), ...provider.loginInputs];
	return all.filter((name) => (given[name] ?? '') === '');
}
const ADVICE = {
	'bad-request': ({ isHttp }) =>
		isHttp ? 'Check `url`, `method`, `body` and `request-id`' : 'Check `request-id` and the other inputs of this provider',
	'certificate-untrusted': ({ hasCa }) =>
		hasCa
			? '`ca-certificate` holds neither it nor the CA that signed it'
			: 'If you trust it, put it or the CA that signed it into `ca-certificate`',
	'connection-closed': () => '',
	'connection-refused': ({ isHttp }) => `Check host and port in ${urlInputs(isHttp)}, and that this runner may reach them`,
	conflict: () => 'The provider is busy with this job, or somebody has locked it; look at the job there',
	'host-unknown': ({ isHttp }) =>
		`Check the host in ${urlInputs(isHttp)}; a name that exists only inside your network needs a runner there`,
	'html-page': ({ isHttp }) => `Check ${urlInputs(isHttp)}: a login page or a gateway responds in place of the API`,
	'link-expired': () => 'Start the job again, and wait for it at once: such links last only for a while',
	'login-refused': () => 'Check the credentials of the login, and whether the account is locked',
	'not-allowed': ({ sendsCredentials }) =>
		sendsCredentials ? 'The credentials are known but may not do this; ask for that permission' : NO_CREDENTIALS,
	'not-json': ({ isHttp }) => `Check that ${urlInputs(isHttp)} is that of the API`,
	'no-response': ({ isHttp }) => `Check that this runner may reach the host in ${urlInputs(isHttp)}: a firewall drops packets like this`,
	'partial-success': ({ continuesOnPartialSuccess }) =>
		continuesOnPartialSuccess ? '' : 'If that is good enough, set `on-partial-success: continue`',
	'proxy-credentials': () => 'Correct user and password in `https_proxy` of the runner',
	'proxy-refused': () => "Ask whether the provider's host is on the allow list of the proxy",
	'proxy-unreachable': () => 'Check `https_proxy` of the runner, or add the host to `no_proxy`',
	'rate-limited': ({ jobs }) => (jobs > 1 ? 'Raise `interval`, or wait for fewer jobs at once' : 'Raise `interval`'),
	redirected: ({ isHttp, canLogIn }) =>
		`If the API has moved there, correct ${urlInputs(isHttp)}${canLogIn ? ' or `token-url`' : ''}; if that is a login page, check the credentials`,
	'server-error': () => 'The provider is out of order; run the step again later',
	'start-unknown': () =>
		'Look at the provider whether the job exists before you start it again; `start-idempotency-header` makes a repeat safe where the provider knows such a header',
	'timed-out': ({ pollsOnce, continuesOnTimeout }) => {
		const raise = pollsOnce ? 'Raise `timeout` above 0 to wait' : 'Raise `timeout`';
		return continuesOnTimeout ? '' : `${raise}, or set \`on-timeout: continue\``;
	},
	'token-rejected': ({ hasToken, canLogIn, sendsCredentials, ...context }) => {
		if (!sendsCredentials) return NO_CREDENTIALS;
		if (canLogIn) return 'Check whether this account may read the job';
		return hasToken ? `Store a fresh token, or give ${context.loginInputs}` : `Check the credentials ${context.otherCredentials}`;
	},
	'unknown-id': ({ isHttp }) => `Check \`request-id\`, and that ${urlInputs(isHttp)} is the service where the job was started`,
	'unknown-status': () => '',
	'wrong-method': ({ isHttp }) => (isHttp ? 'Check `method` and `url`' : 'Check `base-url`'),
	'wrong-type': ({ isHttp }) => (isHttp ? 'Check `Accept` and `Content-Type` in `headers`' : 'Check `base-url`'),
};
const NO_CREDENTIALS = 'This step sends no credentials; give `token`, or a header in `headers`';
const urlInputs = (isHttp) => (isHttp ? '`url`' : '`base-url`');
function adviceFor({ problem, hint }, context) {
	return hint ?? (problem === undefined ? '' : ADVICE[problem](context));
}
const LOGGED_HEADERS =
	/^(accept-ranges|age|allow|cache-control|connection|content-(encoding|language|length|range|type)|date|etag|expires|keep-alive|last-modified|(x-)?rate-?limit.*|retry-after|server|transfer-encoding|vary|via|.*(request|trace|correlation)-?id)$/i;
function createDebugLog(sanitizer) {
	if (!isDebug()) return () => undefined;
	return ({ method, url, status, headers, tookMs }) => {
		const shown = Object.entries(headers).map(([name, value]) => `${name}: ${LOGGED_HEADERS.test(name) ? String(value) : '***'}`);
		const request = `${method} ${url.origin}${url.pathname}`;
		debug(sanitizer.line(`${request}: HTTP ${status} in ${duration(tookMs)}; ${shown.join('; ')}`));
	};
}
function describeWait(inputs, startMs, toLine) {
	const { provider, requestIds, settings, timeoutMs } = inputs;
	const [only] = requestIds;
	const jobs = requestIds.length === 1 ? `job ${toLine(only ?? '')}` : `${requestIds.length} jobs`;
	const what = only === undefined ? 'a job that is started now' : jobs;
	const where = `${provider.title} (${new URL(settings.baseUrl).host})`;
	const until = new Date(startMs + timeoutMs).toISOString().slice(0, 19).replace('T', ' ');
	const howLong = timeoutMs === 0 ? 'polling once' : `for ${duration(timeoutMs)}, until ${until} UTC`;
	return `Waiting for ${what} at ${where}, ${howLong}, ${describeLogin(inputs, toLine)}`;
}
function describeLogin({ token, login, canLogIn, settings, aws }, toLine) {
	const { username, clientId, http } = settings;
	if (aws !== undefined) return 'signed with the credentials of AWS';
	if (login?.kind === 'signed-assertion') return 'with a signed assertion';
	if (login?.kind === 'token-exchange') return 'with the OIDC token of the workflow';
	if (canLogIn && !token) return `logging in as ${toLine(username || clientId)}`;
	if (token) return 'with the given token';
	if (username !== '') return 'with a user name';
	return Object.keys(http.headers).length > 0 ? 'with the given headers' : 'without credentials';
}
function describeClassified({ settings, queuedStatuses: queued }) {
	const { successful = [], partial = [], failed = [], pending = [] } = settings.statusWords;
	return Object.entries({ success: successful, partial, failure: failed, pending, queued }).flatMap(([name, statuses]) =>
		statuses.length === 0 ? [] : `${name}: ${statuses.join(', ')}`,
	);
}
function describeObservation({ providerStatus, progress = '', message = '', note = '' }, toLine) {
	const more = [progress, message, note].filter(Boolean).map(toLine).join('; ');
	return (toLine(providerStatus) || 'no status yet') + (more === '' ? '' : ` (${more})`);
}
function describeOutcome(outcome, toLine) {
	const { status, reason, message, providerStatus, polls, elapsedMs } = outcome;
	const lastStatus = providerStatus === '' ? '' : `, status “${toLine(providerStatus)}”`;
	const why = reason === '' ? '' : ` (${reason})`;
	const cost = ` after ${duration(elapsedMs)} and ${counted(polls, 'poll')}`;
	return `${status}${why}${cost}${lastStatus}${message === '' ? '' : `: ${toLine(message)}`}`;
}
function describeFailure({ status, reason, message, providerStatus, polls, elapsedMs }, { subject, count }, title, toLine) {
	const said = toLine(message);
	const [is, was] = count === 1 ? ['is', 'was'] : ['are', 'were'];
	const cost = `${counted(polls, 'poll')} in ${duration(elapsedMs)}`;
	const shown = `status \`${toLine(providerStatus)}\``;
	const isKnown = providerStatus === '' || said.toLowerCase().includes(shown.toLowerCase());
	const last = isKnown ? cost : `${shown}, ${cost}`;
	const who = describeSubject(title, subject);
	const named = (verb) => (subject === '' ? '' : `${subject} ${verb} `);
	switch (reason) {
		case 'job-failed':
			return `${who}failed${said === '' ? '' : `: ${said}`} (${last})`;
		case 'partial-success':
			return `${who}succeeded only in part${said === '' ? '' : `: ${said}`} (${last})`;
		case 'timed-out':
			if (status !== 'Pending') return `${capital(said)} (${cost})`;
			return `Timed out: ${said.startsWith('still ') ? named(is) : ''}${said}`;
		case 'stuck-in-queue':
			return `Stuck in its queue: ${named(is)}${said}`;
		case 'cancelled':
			return `${capital(said)}; ${named(was)}${toLine(providerStatus) || 'without a status'} (${cost})`;
		default:
			return withCost(capital(said), last);
	}
}
function withCost(said, cost) {
	const [cause = '', hint] = said.split(/(?<=; no useful response)\. /);
	return `${cause} (${cost})${hint === undefined ? '' : `. ${hint}`}`;
}
const MAX_SUBJECT_LENGTH = 40;
function describeSubject(title, subject) {
	if (subject === '') return '';
	const whole = `${title} ${subject}`;
	return `${whole.length > MAX_SUBJECT_LENGTH ? capital(subject) : whole} `;
}
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
function describeDownload({ bytes, totalBytes, bytesPerSecond }) {
	const share = totalBytes ? ` of ${size(totalBytes)} (${Math.floor((100 * bytes) / totalBytes)} %)` : '';
	return `report: ${size(bytes)}${share}, ${size(bytesPerSecond)}/s`;
}
function describeProgress({ jobs, elapsedMs }, isFailed, toLine) {
	const [only] = jobs;
	if (jobs.length === 1 && only !== undefined) return describeOne(only, toLine);
	const settled = jobs.flatMap(({ outcome }) => outcome ?? []);
	const failed = settled.filter(isFailed).length;
	const open = jobs.filter(({ outcome }) => outcome === undefined);
	const counts = new Map();
	for (const { observation } of open) {
		const status = observation?.providerStatus === '' ? undefined : observation?.providerStatus;
		const shown = status ?? 'without a status';
		counts.set(shown, (counts.get(shown) ?? 0) + 1);
	}
	const byStatus = [...counts]
		.sort(([, a], [, b]) => b - a)
		.slice(0, 5)
		.map(([status, count]) => `${count} ${toLine(status)}`);
	const oldest = open[0] && `oldest ${toLine(open[0].requestId)}, ${duration(elapsedMs)}`;
	const parts = [byStatus.join(', '), oldest, describeNewest(jobs, elapsedMs, toLine)];
	return [`${settled.length} of ${jobs.length} finished, ${failed} failed`, ...parts].filter(Boolean).join('; ');
}
function describeOne({ observation, polls }, toLine) {
	if (observation === undefined) return `still without a response, ${counted(polls, 'poll')}`;
	const status = describeObservation(observation, toLine);
	return isSettled(observation.state) ? `${status}, waiting for its report` : `still ${status}, ${counted(polls, 'poll')}`;
}
function describeNewest(jobs, elapsedMs, toLine) {
	const changed = jobs.flatMap(({ requestId, changes }) => {
		const last = changes.at(-1);
		return last === undefined ? [] : [{ ...last, requestId }];
	});
	const newest = changed.toSorted((a, b) => b.elapsedMs - a.elapsedMs)[0];
	if (newest === undefined) return '';
	const { requestId, providerStatus, elapsedMs: atMs } = newest;
	const what = `${toLine(requestId)} ${toLine(providerStatus)}`.trim();
	return `newest change ${what}, ${duration(elapsedMs - atMs)} ago`;
}
function describeLongWait({ jobs, elapsedMs }, toLine) {
	const left = jobs.filter(({ outcome }) => outcome === undefined);
	const [only] = left;
	const what =
		left.length === 1 && only !== undefined
			? `job ${toLine(only.requestId)} is ${toLine(only.observation?.providerStatus ?? '') || 'without a status'}`
			: `${left.length} of ${jobs.length} jobs have not ended`;
	return `After ${duration(elapsedMs)} (\`warn-after\`) ${what}`;
}
const MAX_NAMED = 3;
function failures_describeFailures(failed, context) {
	const groups = new Map();
	for (const outcome of failed.toSorted(bySeverity)) {
		const { reason, message, providerStatus } = outcome;
		const said = reason === 'timed-out' && outcome.status === 'Pending' ? '' : message;
		const key = JSON.stringify([reason, said, providerStatus]);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [outcome]);
		else group.push(outcome);
	}
	return [...groups.values()].map((outcomes) => describeGroup(outcomes, context));
}
function describeGroup(outcomes, context) {
	const { title, advice, toLine } = context;
	const [first] = outcomes;
	const name = nameJobs(outcomes, toLine);
	const subject = shortenName(name, outcomes.length);
	const cause = describeFailure(first, { subject, count: outcomes.length }, title, toLine);
	const isNamed = cause.toLowerCase().includes(subject.toLowerCase()) || advice.jobs === 1;
	const sentence = isNamed ? cause : `${subject}: ${cause}`;
	const next = toLine(adviceFor(first, advice));
	return {
		outcomes,
		title: `${title}: ${name}`,
		text: next === '' ? sentence : `${sentence}. ${next}`,
	};
}
function shortenName(name, count) {
	if (name.length <= MAX_SUBJECT_LENGTH) return name;
	return count > 1 ? `${count} jobs` : `${name.slice(0, MAX_SUBJECT_LENGTH).toWellFormed()}…`;
}
function nameJobs(outcomes, toLine) {
	const names = outcomes.slice(0, MAX_NAMED).map(({ requestId }) => toLine(requestId));
	if (outcomes.length === 1) return names.join() === '' ? 'the job' : `job ${names.join()}`;
	const more = outcomes.length - names.length;
	return `${outcomes.length} jobs (${names.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}
const failures_MAX_LISTED = 2000;
function listEnds(outcomes, toLine, describe) {
	const lines = outcomes.slice(0, failures_MAX_LISTED).map((outcome) => `${toLine(outcome.requestId)}: ${describe(outcome)}`);
	const more = outcomes.length - lines.length;
	if (more > 0) lines.push(`… and ${more} more; see the output jobsFile`);
	return lines.join('\n');
}
const MAX_COUNTED = 1000;
function createErrorCounter(isSingle, toLine) {
	const counts = new Map();
	return {
		describe(message, next) {
			const line = toLine(message);
			const count = (counts.get(line) ?? 0) + 1;
			if (count > 1 || counts.size < MAX_COUNTED) counts.set(line, count);
			if (!isSingle && count > 1) return undefined;
			return `${line}; ${next}${count > 1 ? ` (${count} times so far)` : ''}`;
		},
		takeCounts() {
			if (isSingle) return [];
			const again = [...counts].filter(([, count]) => count > 1);
			counts.clear();
			return again.map(([message, count]) => `${count - 1} more of: ${message}`);
		},
	};
}
const MAX_LINES_OF_JOBS = 500;
function createQuietLines(isSingle, logForJob, logWithTime) {
	if (isSingle) return { logForJob, end: () => undefined };
	let count = 0;
	return {
		logForJob: (requestId, text) => {
			count += 1;
			if (count <= MAX_LINES_OF_JOBS) logForJob(requestId, text);
			if (count !== MAX_LINES_OF_JOBS) return;
			logWithTime('from here on only jobs that fail have lines of their own');
		},
		end: () => {
			const left = count - MAX_LINES_OF_JOBS;
			if (left > 0) logWithTime(`${left} lines were left out; the output jobsFile has all jobs`);
		},
	};
}
const MAX_ANNOTATIONS = 10;
function createLog(context) {
	const { clock, startMs, isSingle, sanitizer, isFailed, title } = context;
	const toLine = (text) => sanitizer.line(text);
	const log = (text) => {
		info(sanitizer.redact(text));
	};
	const logWithTime = (text) => {
		log(`${duration(clock.now() - startMs).padStart(8)}  ${text}`);
	};
	const logForJob = (requestId, text) => {
		logWithTime(`${isSingle ? '' : `${toLine(requestId)}: `}${text}`);
	};
	const quiet = createQuietLines(isSingle, logForJob, logWithTime);
	const warn = createWarnings(log);
	const errors = createErrorCounter(isSingle, toLine);
	const toPath = (path) => sanitizer.link(path);
	const describeFailed = describeFailedWith(title, toLine);
	const lines = {
		describeFailed,
		showLink: createLinks(quiet.logForJob, (link) => sanitizer.page(link)),
		toLine,
		toPath,
		isSingle,
		isFailed,
		logWithTime,
		logForJob,
		logQuietly: quiet.logForJob,
		warn,
		errors,
	};
	return {
		log,
		logForJob,
		warn,
		onEvent: (event) => {
			logEvent(event, lines);
		},
		end(failed, count) {
			errors.takeCounts().forEach(logWithTime);
			quiet.end();
			if (isSingle || failed.length === 0) return;
			startGroup(`${failed.length} of ${count} jobs failed`);
			log(listEnds(failed, toLine, describeFailed));
			endGroup();
		},
	};
}
const describeFailedWith = (title, toLine) => (outcome) => describeFailure(outcome, { subject: '', count: 1 }, title, toLine);
function logEvent(event, lines) {
	const { toLine, logWithTime, warn } = lines;
	switch (event.kind) {
		case 'polled':
			lines.showLink(event.requestId, event.result.observation?.link);
			break;
		case 'observed':
			lines.logQuietly(event.requestId, describeObservation(event.observation, toLine));
			break;
		case 'poll-failed':
			logError(event, describePause(event), lines);
			break;
		case 'download-retry':
			logError(event, `trying again in ${duration(event.pauseMs)}`, lines);
			break;
		case 'downloading':
			lines.logQuietly(event.requestId, describeDownload(event));
			break;
		case 'warning':
			warn(`Job ${toLine(event.requestId)}: ${toLine(event.message)}`);
			break;
		case 'progress':
			lines.errors.takeCounts().forEach(logWithTime);
			logWithTime(describeProgress(event, lines.isFailed, toLine));
			break;
		case 'long-wait':
			warn(describeLongWait(event, toLine));
			break;
		case 'settled':
			logSettled(event.outcome, lines);
	}
}
function logError({ requestId, message }, next, { errors, logForJob }) {
	const text = errors.describe(message, next);
	if (text !== undefined) logForJob(requestId, text);
}
function describePause({ pauseMs, requestedMs }) {
	const pause = duration(pauseMs);
	return requestedMs > pauseMs + 1000
		? `asked to wait ${duration(requestedMs)}; polling again at the deadline in ${pause}`
		: `polling again in ${pause}`;
}
function logSettled(outcome, lines) {
	const { toLine, toPath, isSingle, isFailed, logForJob, logQuietly } = lines;
	const { requestId, reportFiles = [] } = outcome;
	for (const { bytes, path } of reportFiles) {
		logQuietly(requestId, `report of ${size(bytes)} saved: ${toPath(path)}`);
	}
	if (!isSingle && outcome.reason === 'cancelled') return;
	if (isSingle && (isFailed(outcome) || outcome.status === 'PartialSuccess')) return;
	if (isFailed(outcome)) logForJob(requestId, lines.describeFailed(outcome));
	else logQuietly(requestId, describeOutcome(outcome, toLine));
}
function createLinks(logForJob, toLink) {
	const shown = new Set();
	return (requestId, link = '') => {
		if (link === '' || shown.has(requestId)) return;
		shown.add(requestId);
		logForJob(requestId, `the job’s page: ${toLink(link)}`);
	};
}
function createWarnings(log) {
	let warnings = 0;
	return (text, title) => {
		warnings += 1;
		if (warnings > MAX_ANNOTATIONS) log(`Warning: ${text}`);
		else warning(text, title === undefined ? {} : { title });
	};
}
const node_os_module = require('node:os');
function writeOutputs(outputs, allJobs, environment) {
	const all = { jobsFile: writeJobsFile(allJobs, environment), ...outputs };
	const { GITHUB_OUTPUT = '' } = environment;
	if (GITHUB_OUTPUT !== '') node_fs_module.appendFileSync(GITHUB_OUTPUT, formatOutputs(all));
	else for (const [name, value] of Object.entries(all)) setOutput(name, value);
}
function formatOutputs(outputs) {
	const lines = new Set(Object.values(outputs).flatMap((value) => value.split(/[\r\n]/)));
	let number = 0;
	while (lines.has(`ghadelimiter_${number}`)) number += 1;
	const delimiter = `ghadelimiter_${number}`;
	return Object.entries(outputs)
		.map(([name, value]) => [`${name}<<${delimiter}`, value, delimiter, ''].join(node_os_module.EOL))
		.join('');
}
function writeJobsFile(jobs, { RUNNER_TEMP }) {
	const name = `await-job-${process.pid}-${process.hrtime.bigint()}.json`;
	const file = node_path_module.join(RUNNER_TEMP ?? node_os_module.tmpdir(), name);
	try {
		node_fs_module.writeFileSync(file, jobs, { flag: 'wx', mode: 0o600 });
		return file;
	} catch (error) {
		const { code = '' } = error;
		warning(`The file of jobs could not be written in RUNNER_TEMP: ${code}`);
		return '';
	}
}
const MAX_RESPONSE_BYTES = 64 * 1024;
const MAX_JOBS_BYTES = 800_000;
const SHORTER_MESSAGES = [2048, 512, 128, 0];
const MAX_LINE_LENGTH = 8 * 1024;
function toOutputs({ outcomes, response }, sanitizer) {
	const worst = worstOf(outcomes);
	const all = outcomes.map((outcome) => toJobOutput(outcome, sanitizer));
	const allJobs = JSON.stringify(all);
	const { jobs, note } = fitJobs(all, allJobs);
	const lines = (name) => jobs.map((job) => job[name] ?? '').join('\n');
	const files = jobs.flatMap((job) => job.files ?? [NO_FILE]);
	const fileLines = (name) => files.map((file) => file[name]).join('\n');
	const outputs = {
		requestId: lines('requestId'),
		status: worst?.status ?? 'Error',
		batchId: lines('batchId'),
		filePath: lines('filePath'),
		link: lines('link'),
		providerStatus: lines('providerStatus'),
		message: lines('message'),
		reason: worst?.reason ?? '',
		timedOut: String(outcomes.some(({ timedOut }) => timedOut)),
		reportFile: fileLines('reportFile'),
		reportBytes: fileLines('bytes'),
		reportSha256: fileLines('sha256'),
		jobs: JSON.stringify(jobs),
		response: cut(sanitizer.body(response)),
	};
	return { outputs, allJobs, note };
}
function fitJobs(all, allJobs) {
	if (Buffer.byteLength(allJobs) <= MAX_JOBS_BYTES) return { jobs: all, note: '' };
	const sizeOf = (jobs) => Buffer.byteLength(JSON.stringify(jobs));
	const shortest = all.map((job) => ({ ...job, message: '' }));
	const lengths = sizeOf(shortest) > MAX_JOBS_BYTES ? [] : SHORTER_MESSAGES;
	for (const length of lengths) {
		const jobs = all.map((job) => ({ ...job, message: shorten(job.message, length) }));
		if (sizeOf(jobs) > MAX_JOBS_BYTES) continue;
		return {
			jobs,
			note: `Messages in the outputs are cut at ${length} characters; jobsFile has them whole`,
		};
	}
	let [bytes, count] = [2, 0];
	for (const job of shortest) {
		bytes += Buffer.byteLength(JSON.stringify(job)) + 1;
		if (bytes > MAX_JOBS_BYTES) break;
		count += 1;
	}
	const note = `The outputs hold only the first ${count} of ${all.length} jobs, without messages; jobsFile has them all`;
	return { jobs: shortest.slice(0, count), note };
}
function shorten(message, length) {
	if (length === 0 || message.length <= length) return length === 0 ? '' : message;
	const start = message.slice(0, length).toWellFormed().trimEnd();
	return `${start}… (${message.length.toLocaleString('en')} characters)`;
}
const NO_FILE = { reportFile: '', bytes: '', sha256: '' };
function toJobOutput(outcome, sanitizer) {
	const { reportFiles = [], filePaths = [outcome.filePath] } = outcome;
	const files = reportFiles.map(({ path, bytes, sha256 }, index) => ({
		filePath: sanitizer.link(filePaths[index] ?? ''),
		reportFile: path,
		bytes,
		sha256,
	}));
	return {
		requestId: sanitizer.link(outcome.requestId),
		status: outcome.status,
		reason: outcome.reason,
		providerStatus: sanitizer.line(outcome.providerStatus, MAX_LINE_LENGTH),
		batchId: sanitizer.link(outcome.batchId),
		filePath: sanitizer.link(outcome.filePath),
		message: sanitizer.line(outcome.message, MAX_LINE_LENGTH),
		timedOut: outcome.timedOut,
		polls: outcome.polls,
		elapsedSeconds: Math.round(outcome.elapsedMs / 100) / 10,
		reportFile: files[0]?.reportFile ?? '',
		...(outcome.link !== '' && { link: sanitizer.link(outcome.link) }),
		...(files.length > 0 && { files }),
	};
}
const cut = (text) => new TextDecoder().decode(Buffer.from(text).subarray(0, MAX_RESPONSE_BYTES), { stream: true });
const _htmlEscape=e=>e.replace(/&/g,"&amp;").replace(/"/g,"&quot;").replace(/'/g,"&#39;").replace(/</g,"&lt;").replace(/>/g,"&gt;");function htmlEscape(e,...t){if("string"==typeof e)return _htmlEscape(e);let r=e[0];for(const[c,l]of t.entries())r=r+_htmlEscape(String(l))+e[c+1];return r};
const MAX_JOBS = 30;
const MAX_CHART_LENGTH = 45_000;
const GANTT_TAG_BY_STATE = {
	pending: '',
	unknown: '',
	successful: 'done, ',
	partial: 'crit, ',
	failed: 'crit, ',
};
function drawGantt(outcomes, startMs, toLine) {
	if (!outcomes.some(({ changes }) => changes.length > 1)) return '';
	let room = MAX_CHART_LENGTH;
	const sections = outcomes.slice(0, MAX_JOBS).map((outcome) => {
		const section = drawSection(outcome, startMs, toLine);
		room -= section.length;
		return room < 0 ? undefined : section;
	});
	const shown = sections.filter((section) => section !== undefined);
	const names = outcomes.slice(0, shown.length).map(({ requestId }) => gantt_shorten(toLine(requestId)));
	const padding = 40 + 7 * Math.max(0, ...names.map(({ length }) => length));
	const rest = outcomes.length - shown.length;
	const note = rest === 0 ? '' : `\nThe chart leaves out ${rest} ${rest === 1 ? 'job' : 'jobs'}.\n`;
	if (shown.length === 0) return note;
	return [
		`\n\`\`\`mermaid\n---\nconfig:\n  gantt:\n    leftPadding: ${padding}\n---`,
		`gantt\ndateFormat x\naxisFormat %H:%M:%S\ntickInterval ${tickInterval(outcomes)}`,
		...shown,
		`\`\`\`\n${note}`,
	].join('\n');
}
const TICK_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200];
const MAX_TICKS = 5;
function tickInterval(outcomes) {
	const seconds = Math.max(...outcomes.map(({ elapsedMs }) => elapsedMs)) / 1000;
	const interval = TICK_SECONDS.find((one) => seconds / one <= MAX_TICKS) ?? 86_400;
	return `${interval}second`;
}
function drawSection({ requestId, changes, elapsedMs }, startMs, toLine) {
	const tasks = changes.map(({ state, providerStatus, elapsedMs: atMs }, index) => {
		const untilMs = changes[index + 1]?.elapsedMs ?? elapsedMs;
		const [from, until] = [atMs, untilMs].map((ms) => Math.round(startMs + ms));
		const isPoint = from === until ? 'milestone, ' : '';
		const status = toLine(providerStatus) || 'no status yet';
		return `${escapeLabel(gantt_shorten(status))}:${isPoint}${GANTT_TAG_BY_STATE[state]}${from}, ${until}`;
	});
	return [`section ${escapeLabel(gantt_shorten(toLine(requestId)))}`, ...tasks].join('\n');
}
const gantt_shorten = (text) => text.slice(0, 40).toWellFormed();
function escapeLabel(text) {
	const entity = (sign) => `#${sign.codePointAt(0) ?? 32};`;
	return (text || '?').replace(/^.|[^\p{L}\p{N}_.-]/gsu, entity);
}
const MAX_BYTES = 1_000_000;
const ICON_BY_STATUS = {
	Successful: '✅',
	PartialSuccess: '⚠️',
	Failure: '❌',
	Pending: '⏳',
	Error: '❗',
};
const COLUMNS = ['Job', 'Status', 'Status at provider', 'Elapsed', 'Polls', 'Report'];
const SHORTEST_CHART_MS = 10_000;
function writeSummary(toMarkdown) {
	const { GITHUB_STEP_SUMMARY: file = '' } = process.env;
	if (file === '') return;
	try {
		node_fs_module.appendFileSync(file, toMarkdown());
	} catch (error) {
		const { code = 'an error of its own' } = error;
		debug(`The summary could not be written: ${code}`);
	}
}
const summarizeFailure = (message) => `<h3>❗ Await Job</h3>\n<pre>${toHtml(message)}</pre>\n`;
function summarize(outcomes, context) {
	const { startMs, toLine, failures, warnings } = context;
	const sorted = outcomes.toSorted(bySeverity);
	const longestMs = Math.max(0, ...outcomes.map(({ elapsedMs }) => elapsedMs));
	const gantt = longestMs < SHORTEST_CHART_MS ? '' : drawGantt(sorted, startMs, toLine);
	const causes = [...failures, ...warnings].slice(0, MAX_CAUSES).map(({ text }) => toHtml(text));
	const only = outcomes.length === 1 ? outcomes[0] : undefined;
	const items = only === undefined ? causes : [...causes, ...describeJob(only, context)];
	const list = items.map((item) => `<li>${item}</li>\n`).join('');
	const title = `<h3>${toHtml(headline(outcomes, context))}</h3>\n\n`;
	const head = list === '' ? title : `${title}<ul>\n${list}</ul>\n`;
	const room = MAX_BYTES - Buffer.byteLength(head + gantt);
	const body = only === undefined ? toTable(sorted, context, room) : '';
	return `${head}${body}${gantt}`;
}
const MAX_CAUSES = 20;
const toHtml = (text) => htmlEscape(text).replace(/`([^`\n]+)`/g, '<code>$1</code>');
function headline(outcomes, context) {
	const { title, toLine, failures } = context;
	const [only] = outcomes;
	if (outcomes.length === 1 && only !== undefined) {
		const { status, requestId } = only;
		const name = requestId === '' ? 'the job' : `job ${toLine(requestId)}`;
		return `${ICON_BY_STATUS[status]} ${title}: ${name} ${ENDS[status]}`;
	}
	const failed = failures.flatMap((failure) => failure.outcomes);
	const finished = outcomes.filter(({ status }) => status === 'Successful').length;
	const icon = failed.length > 0 ? '❌' : ICON_BY_STATUS[worstOf(outcomes)?.status ?? 'Successful'];
	const text = `${icon} ${title}: ${finished} of ${outcomes.length} jobs finished`;
	const [first] = failed;
	if (first === undefined) return text;
	const isOneCause = failures.length === 1 && failed.length > 1;
	const name = isOneCause ? '' : `${toLine(first.requestId)}: `;
	const cause = `${name}${toLine(first.message)}`.slice(0, 200).toWellFormed();
	return `${text}, ${failed.length} failed: ${cause}`;
}
const ENDS = {
	Successful: 'finished',
	PartialSuccess: 'succeeded only in part',
	Failure: 'failed',
	Pending: 'has not ended yet',
	Error: 'could not be followed to its end',
};
function describeJob(outcome, context) {
	const { toLine, failures, warnings } = context;
	const explanations = [...failures, ...warnings].map(({ text }) => text);
	const isExplained = explanations.length > 0;
	const { providerStatus, message, polls, elapsedMs, link, reportFiles = [] } = outcome;
	const files = reportFiles.map(
		({ path, bytes }) => `Report: ${toCode(node_path_module.basename(path), toLine)}, ${size(bytes)}`,
	);
	const lines = [
		link === '' ? '' : `Page: ${linkTo(link, toCode(link, toLine), context)}`,
		explanations.join().includes(toLine(providerStatus)) ? '' : `Status at provider: ${toCode(providerStatus, toLine)}`,
		message === '' || isExplained ? '' : `Message: ${htmlEscape(toLine(message))}`,
		isExplained ? '' : `${counted(polls, 'poll')} in ${duration(elapsedMs)}`,
		...files,
	];
	return lines.filter(Boolean);
}
function toTable(outcomes, context, room) {
	const rows = [];
	let bytes = 500;
	for (const outcome of outcomes) {
		const row = toRow(toCells(outcome, context), 'td');
		bytes += Buffer.byteLength(row);
		if (bytes > room) break;
		rows.push(row);
	}
	const left = outcomes.length - rows.length;
	const more = `<p>… and ${left} more, for which a summary has no room; see the log.</p>\n`;
	return `<table>\n${toRow(COLUMNS, 'th')}${rows.join('')}</table>\n${left === 0 ? '' : more}`;
}
function toCells(outcome, context) {
	const { toLine } = context;
	const { requestId, status, reason, providerStatus, link, reportFiles = [] } = outcome;
	const name = `<samp>${htmlEscape(toLine(requestId))}</samp>`;
	return [
		link === '' ? name : linkTo(link, name, context),
		`${ICON_BY_STATUS[status]}&nbsp;${status}${reason === '' ? '' : `<br>${reason}`}`,
		toCode(providerStatus, toLine),
		duration(outcome.elapsedMs),
		String(outcome.polls),
		reportFiles
			.map(({ path, bytes }) => `${toCode(node_path_module.basename(path), toLine)}<br>${size(bytes)}`)
			.join('<br>'),
	];
}
const toCode = (text, toLine) => (text === '' ? '' : `<code>${htmlEscape(toLine(text))}</code>`);
const linkTo = (link, html, { toLink }) => (/^https?:\/\//i.test(link) ? `<a href="${htmlEscape(toLink(link))}">${html}</a>` : html);
const toRow = (cells, tag) =>
	`<tr>${cells.map((cell, index) => `<${tag}${index === 0 ? ' nowrap' : ''}>${cell}</${tag}>`).join('')}</tr>\n`;
const MAX_IN_ONE = 50;
function createReporter(inputs, sanitizer, { clock, signal }) {
	const startMs = clock.now();
	const { title } = inputs.provider;
	const isFailed = (outcome) => failsStep(outcome, inputs);
	const isSingle = inputs.requestIds.length < 2;
	const log = createLog({ clock, startMs, isSingle, sanitizer, isFailed, title });
	const line = (text) => sanitizer.line(text);
	const describing = { title, advice: adviceContextFrom(inputs), toLine: line };
	log.log(describeWait(inputs, startMs, line));
	for (const text of describeClassified(inputs)) log.log(line(text));
	warnOfUnusedDownloadPath(inputs, log);
	warnOfUnusedInputs(inputs, log);
	return {
		onEvent(event) {
			noteObservation(event, sanitizer);
			log.onEvent(event);
		},
		onLogIn: () => {
			log.log('          logged in: a new token was issued');
		},
		onRetry: (message, pauseMs) => {
			log.logForJob('', `${line(message)}; starting again in ${duration(pauseMs)}`);
		},
		onStarted: (requestId) => {
			if (requestId === '') return;
			setOutput('requestId', sanitizer.link(requestId));
			log.logForJob('', `the provider has started job ${line(requestId)}`);
		},
		onCancelResult: (requestId, result) => {
			log.logForJob(requestId, line(result));
		},
		onExchange: createDebugLog(sanitizer),
		finish: (result) => {
			reporter_finish(result, { log, sanitizer, signal, startMs, isFailed, describing });
		},
	};
}
function reporter_finish(result, ending) {
	const { log, sanitizer, signal, startMs, isFailed, describing } = ending;
	const { outcomes } = result;
	const failed = outcomes.filter(isFailed);
	const isWritten = writeResult(result, sanitizer, log);
	const isGreen = isWritten && failed.length === 0 && !signal.aborted;
	process.exitCode = isGreen ? ExitCode.Success : ExitCode.Failure;
	log.end(failed, outcomes.length);
	const failures = failures_describeFailures(failed, describing);
	annotate(failures);
	if (failed.length === 0) explainCancellation(signal);
	const isPassed = (outcome) => outcome.status === 'PartialSuccess' && !isFailed(outcome);
	const warnings = failures_describeFailures(outcomes.filter(isPassed), describing);
	for (const { text, title } of warnings) log.warn(text, title);
	const toLink = (link) => sanitizer.page(link);
	const context = { ...describing, startMs, toLink, failures, warnings };
	writeSummary(() => summarize(outcomes, context));
}
function explainCancellation(signal) {
	const explain = () => {
		core_error('The step was cancelled');
	};
	if (signal.aborted) explain();
	else signal.addEventListener('abort', explain);
}
function noteObservation(event, sanitizer) {
	if (event.kind !== 'polled' || event.result.observation === undefined) return;
	const { filePath = '', providerStatus } = event.result.observation;
	sanitizer.hideQuery(filePath);
	if (isDebug()) debug(`The status is “${sanitizer.line(providerStatus)}”`);
}
function writeResult(result, sanitizer, log) {
	const { outputs, allJobs, note } = toOutputs(result, sanitizer);
	try {
		writeOutputs(outputs, allJobs, process.env);
		if (note !== '') log.warn(note);
		return true;
	} catch (error) {
		core_error(`The outputs could not be written: ${sanitizer.redact(String(error))}`);
		return false;
	}
}
function reportFailure(error, sanitizer) {
	try {
		const isBadInput = error instanceof BadInputs;
		const message = sanitizer.redact(error instanceof Error ? error.message : String(error));
		setFailed(isBadInput ? message : `Await Job broke off: ${message}`);
		if (error instanceof Error && !isBadInput) debug(sanitizer.redact(error.stack ?? ''));
		const reason = isBadInput ? 'bad-input' : 'bad-response';
		const { outputs, allJobs } = toOutputs({ outcomes: [], response: '' }, sanitizer);
		try {
			writeOutputs({ ...outputs, reason, message: toLine(message) }, allJobs, process.env);
		} catch (cause) {
			warning(`The outputs could not be written: ${sanitizer.redact(String(cause))}`);
		}
		writeSummary(() => summarizeFailure(message));
	} catch {
		reportLastResort();
	}
}
function annotate(failures) {
	const isMore = failures.length > MAX_ANNOTATIONS;
	const shown = isMore ? failures.slice(0, MAX_ANNOTATIONS - 1) : failures;
	for (const { title, text } of shown) core_error(text, { title });
	if (!isMore) return;
	const rest = failures.slice(shown.length);
	const title = `${rest.flatMap(({ outcomes }) => outcomes).length} more jobs failed`;
	const texts = rest.slice(0, MAX_IN_ONE).map(({ text }) => text);
	core_error([`${title}; the log names them all`, ...texts].join('\n'), { title });
}
function warnOfUnusedInputs({ provider, unusedInputs }, log) {
	if (unusedInputs.length === 0) return;
	const names = unusedInputs.map((name) => `\`${name}\``).join(', ');
	log.warn(`${provider.title} does not read ${names}; the wait goes on without`);
}
function warnOfUnusedDownloadPath({ provider, destination, hasReports }, log) {
	if (destination === undefined || hasReports) return;
	log.warn(
		provider.allowsAnonymous
			? '`download-path` is ignored: `file-path-query` says nothing of where the report is'
			: `${provider.title} jobs have no report; \`download-path\` is ignored`,
	);
}
const CANCEL_MS = 3000;
const REQUESTS_AT_ONCE = 10;
async function cancelJobs(requestIds, requestFor, { session, transport, clock, onCancelResult }) {
	if (requestFor === undefined) return;
	const endMs = clock.now() + CANCEL_MS;
	const limit = pLimit(REQUESTS_AT_ONCE);
	const cancel = async (requestId) => {
		const signal = AbortSignal.timeout(CANCEL_MS);
		try {
			const request = requestFor(requestId);
			const access = await session.access(signal).catch((error) => {
				throw signal.aborted ? new Error('no token within 3 s') : error;
			});
			const headers = { ...request.headers, ...access.headers };
			const leftMs = Math.max(endMs - clock.now(), 1);
			const { signal: never } = new AbortController();
			const response = await transport.send({ ...request, headers }, leftMs, never);
			const isAccepted = response.status >= 200 && response.status < 300;
			const verb = isAccepted ? 'was asked to cancel the job' : 'did not accept the cancel request';
			onCancelResult(requestId, `the provider ${verb}: HTTP ${response.status}`);
		} catch (error) {
			const { message } = error;
			onCancelResult(requestId, `the provider could not be asked to cancel the job: ${message}`);
		}
	};
	await Promise.all(requestIds.map((requestId) => limit(() => cancel(requestId))));
}
const KINDS = {
	loopback: ['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'],
	'link-local': ['169.254.0.0/16', 'fe80::/10', '100.64.0.0/10', 'fd00:ec2::/32'],
	private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10'],
};
const LISTS = Object.entries(KINDS).map(([kind, networks]) => {
	const list = new (require('node:net').BlockList)();
	for (const network of networks) {
		const [address = '', bits] = network.split('/');
		list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
	}
	return [kind, list];
});
function kindOfAddress(address) {
	const plain = (0, require('node:net').isIP)(address) === 6 ? (embeddedIPv4(address) ?? address) : address;
	return LISTS.find(([, list]) => list.check(plain, (0, require('node:net').isIP)(plain) === 6 ? 'ipv6' : 'ipv4'))?.[0];
}
function embeddedIPv4(address) {
	const groups = groupsOf(address);
	const prefix = groups
		.slice(0, 6)
		.map((group) => group.toString(16))
		.join(':');
	const isEmbedded = /^(0:0:0:0:0:0|0:0:0:0:ffff:0|64:ff9b:0:0:0:0)$/.test(prefix);
	const [high = 0, low = 0] = prefix.startsWith('2002:') ? groups.slice(1) : groups.slice(6);
	if (!isEmbedded && !prefix.startsWith('2002:')) return undefined;
	if (high === 0 && low < 2) return undefined;
	return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
function groupsOf(address) {
	const { hostname } = new URL(`http://[${address.split('%')[0] ?? ''}]`);
	const [head = '', tail = ''] = hostname.slice(1, -1).split('::');
	const [first, last] = [head, tail].map((text) => (text === '' ? [] : text.split(':')));
	const zeros = Array(Math.max(8 - (first?.length ?? 0) - (last?.length ?? 0), 0)).fill('0');
	return [...(first ?? []), ...zeros, ...(last ?? [])].map((group) => parseInt(group, 16));
}
function createAddressGuard(providerUrl) {
	let ownKinds;
	return {
		async check({ hostname }, isProxied) {
			const addresses = await findAddresses(hostname, isProxied);
			ownKinds ??= findAddresses(providerUrl.hostname, isProxied).then(kindsOf, () => []);
			for (const { address } of addresses) {
				const kind = kindOfAddress(address);
				if (kind === undefined || (await ownKinds).includes(kind)) continue;
				throw new PermanentError(
					`${hostname} is at the ${kind} address ${address}, from which no report is fetched, since the provider is elsewhere; the provider should name a public link`,
					'download-failed',
				);
			}
			return addresses.length === 0 ? undefined : pinned(addresses);
		},
	};
}
const kindsOf = (addresses) => addresses.map(({ address }) => kindOfAddress(address));
async function findAddresses(hostname, isProxied) {
	const literal = hostname.replace(/^\[(.*)\]$/, '$1');
	const family = (0, require('node:net').isIP)(literal);
	if (family > 0) return [{ address: literal, family }];
	if (/(^|\.)localhost\.?$/i.test(literal))
		return [
			{ address: '127.0.0.1', family: 4 },
			{ address: '::1', family: 6 },
		];
	return isProxied ? [] : (0, require('node:dns/promises').lookup)(hostname, { all: true });
}
const pinned =
	(addresses) =>
	(_, { all }, callback) => {
		const [first] = addresses;
		if (all) callback(null, [...addresses]);
		else callback(null, first?.address ?? '', first?.family);
	};
const LOOK_MS = 20;
const cutOff = new WeakSet();
function missingEnd({ headers, socket }) {
	const isOpenEnded =
		headers['content-length'] === undefined &&
		headers['transfer-encoding'] === undefined &&
		!/gzip|deflate|br|zstd/i.test(headers['content-encoding'] ?? '');
	return isOpenEnded && cutOff.has(socket) ? new Error('the connection ended without the end of TLS') : undefined;
}
function checkEnds(agent) {
	agent.createConnection = (options) => openChecked(options);
}
function openChecked(options) {
	const tcp = (0, require('node:net').connect)({ ...options, path: undefined });
	const stream = toStream(tcp);
	const secure = (0, require('node:tls').connect)({ ...options, socket: stream });
	secure.ref = () => {
		tcp.ref();
		return secure;
	};
	secure.unref = () => {
		tcp.unref();
		return secure;
	};
	tcp.once('error', (error) => secure.destroy(error));
	tcp.once('end', () => {
		const look = setInterval(() => {
			const isUnread = stream.readableLength > 0 || secure.readableLength > 0;
			if (isUnread && !secure.destroyed) return;
			clearInterval(look);
			if (!secure.readableEnded && !secure.destroyed) cutOff.add(secure);
			stream.push(null);
		}, LOOK_MS);
	});
	return secure;
}
function toStream(tcp) {
	const stream = new (require('node:stream').Duplex)({
		read: () => {
			tcp.resume();
		},
		write: (chunk, _, done) => {
			tcp.write(chunk, done);
		},
		final: (done) => {
			tcp.end(done);
		},
		destroy: (error, done) => {
			tcp.destroy();
			done(error);
		},
	});
	tcp.on('data', (chunk) => {
		if (!stream.push(chunk)) tcp.pause();
	});
	return stream;
}
const node_url_module = require('node:url');
function withWatch(module, onOpen) {
	const request = (...args) => {
		const sent = module.request(...args);
		sent.once('socket', (socket) => {
			if (socket.secureConnecting) socket.once('secureConnect', onOpen);
			else if (socket.connecting) socket.once('connect', onOpen);
			else onOpen();
		});
		return sent;
	};
	return Object.create(module, { request: { value: request } });
}
function createClients(secureContext) {
	const clients = new Map();
	return (url) => {
		const known = clients.get(url.origin);
		if (known !== undefined) return known;
		const client = new HttpClient('await-job', [], { keepAlive: true });
		const agent = agentOf(client, url);
		const { options } = agent;
		Object.assign(options, { secureContext, rejectUnauthorized: true });
		if (options.proxy) Object.assign(options.proxy, { rejectUnauthorized: true });
		else if (url.protocol === 'https:') checkEnds(agent);
		clients.set(url.origin, client);
		return client;
	};
}
const agentOf = (client, url) => client.getAgent(url.href);
function proxyOf(client, url) {
	const { proxy } = agentOf(client, url).options;
	return proxy && [proxy.host, proxy.port].filter(Boolean).join(':');
}
const MAX_HEADER_BYTES = 64 * 1024;
async function sendRequest(client, { method, url, headers, body }, signal, { lookup, onOpen }) {
	const options = {
		...node_url_module.urlToHttpOptions(url),
		method,
		headers: {
			'User-Agent': 'await-job',
			Accept: 'application/json',
			'Accept-Encoding': 'gzip, deflate, br',
			...headers,
		},
		maxHeaderSize: MAX_HEADER_BYTES,
		agent: agentOf(client, url),
		signal,
		...(lookup && { lookup }),
	};
	const httpModule = withWatch(url.protocol === 'https:' ? require('node:https') : require('node:http'), onOpen);
	const { message } = await client.requestRaw({ parsedUrl: url, httpModule, options }, body ?? null);
	return message;
}
const UNTRUSTED = /^(ERR_TLS_)?CERT_|SELF_SIGNED|^UNABLE_TO_|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|PATH_LENGTH/;
const CERTIFICATE_ALERT = /^(bad|unsupported) certificate|^certificate|^unknown ca$|^access denied/;
const LASTING_ALERT = /^(protocol version|insufficient security|unrecognized name|no application protocol)/;
const CONNECTION_DROPPED = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];
function networkErrorFrom(error, route) {
	if (error instanceof PermanentError || error instanceof TransientError) return error;
	const { code = '', message } = error;
	const { url, hasClientCertificate } = route;
	const options = { cause: error, isUnsent: !route.isOpen };
	if (message.startsWith('tunneling socket')) return proxyError(message, route, options);
	if (/^(EPROTO|ERR_SSL_)/.test(code)) return handshakeError(message, route, options);
	if (UNTRUSTED.test(code)) {
		const text = `certificate of ${url.host} is not trusted: ${message.split(';')[0] ?? ''} (${code})`;
		const problem = /SELF_SIGNED|UNABLE_TO_/.test(code) ? 'certificate-untrusted' : undefined;
		return new PermanentError(text, 'unreachable', { ...options, problem });
	}
	if (/^(Z_|ERR_BROTLI|ERR__ERROR|ERR_ZSTD|ZSTD_)/.test(code)) {
		const text = `the response of ${url.host} could not be decompressed: ${message}`;
		return new TransientError(text, 'bad-response', options);
	}
	if (CONNECTION_DROPPED.includes(code) || message === 'aborted') {
		const hint = hasClientCertificate ? ' (some servers hang up like this on a client certificate that they do not accept)' : '';
		const text = `${url.host} closed the connection (${code || message})${hint}`;
		return new TransientError(text, 'unreachable', { ...options, problem: 'connection-closed' });
	}
	const why = withoutHost(message === '' ? code : message, url.host);
	const text = `no response from ${url.host}: ${why}`;
	return new TransientError(text, 'unreachable', { ...options, problem: PROBLEM_BY_CODE[code] });
}
function withoutHost(text, host) {
	const ends = [host, host.replace(/:\d+$/, '')];
	const end = ends.find((one) => text.endsWith(` ${one}`));
	return end === undefined ? text : text.slice(0, -end.length - 1);
}
const PROBLEM_BY_CODE = {
	ENOTFOUND: 'host-unknown',
	EAI_AGAIN: 'host-unknown',
	ECONNREFUSED: 'connection-refused',
	EHOSTUNREACH: 'connection-refused',
	ENETUNREACH: 'connection-refused',
};
function proxyError(message, { url, proxy = '' }, options) {
	const [, status = ''] = /statusCode=(\d+)/.exec(message) ?? [];
	const [, cause = ''] = /cause=(.*)/.exec(message) ?? [];
	if (status === '407') {
		const text = `proxy ${proxy} wants other credentials (HTTP 407)`;
		return new PermanentError(text, 'rejected', { ...options, problem: 'proxy-credentials' });
	}
	if (status !== '') {
		const text = `proxy ${proxy} refused to connect to ${url.host} (HTTP ${status})`;
		return new TransientError(text, 'unreachable', { ...options, problem: 'proxy-refused' });
	}
	if (cause.includes('certificate')) {
		const text = `the certificate of proxy ${proxy} is not trusted: ${cause.split(';')[0] ?? ''}; give its CA to the runner in NODE_EXTRA_CA_CERTS`;
		return new PermanentError(text, 'unreachable', options);
	}
	const text = `proxy ${proxy} does not respond: ${withoutHost(cause || message, proxy)}`;
	return new TransientError(text, 'unreachable', { ...options, problem: 'proxy-unreachable' });
}
function handshakeError(message, { url: { host }, hasClientCertificate }, options) {
	const [, alert] = /alert ([a-z ]+)/.exec(message) ?? [];
	const [, reason = message] = /SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
	const text = `TLS handshake failed: ${host} ${alert === undefined ? `gave “${reason}”` : `sent the alert “${alert}”`}`;
	if (alert === 'certificate required' && !hasClientCertificate) {
		const advice = 'it wants a client certificate; give `client-certificate` and `client-key`';
		return new PermanentError(`${text}; ${advice}`, 'rejected', options);
	}
	const isCertificate = CERTIFICATE_ALERT.test(alert ?? '') || alert === 'handshake failure';
	if (hasClientCertificate && isCertificate) {
		const advice = 'it may want another client certificate; see `client-certificate` and `client-key`';
		return new PermanentError(`${text}; ${advice}`, 'rejected', options);
	}
	if (alert === 'handshake failure') return new PermanentError(text, 'rejected', options);
	if (LASTING_ALERT.test(alert ?? '')) return new PermanentError(text, 'unreachable', options);
	const isOtherProtocol = /wrong version number|packet length|http request/.test(reason);
	const problem = isOtherProtocol ? 'connection-refused' : undefined;
	const hint = isOtherProtocol ? ', so it may speak no https at this port' : '';
	return new TransientError(`${text}${hint}`, 'unreachable', { ...options, problem });
}
const SIGN_OF_LIFE_BYTES = 1024;
function createTransport(options) {
	const { clock, secureContext, guard, hasClientCertificate = false } = options;
	const { onExchange = () => undefined } = options;
	const clientFor = createClients(secureContext);
	const opened = new WeakSet();
	const connections = {
		async open(request, stop) {
			const startMs = clock.now();
			const client = clientFor(request.url);
			const isProxied = proxyOf(client, request.url) !== undefined;
			const lookup = await guard?.check(request.url, isProxied);
			const onOpen = () => opened.add(request);
			const message = await sendRequest(client, request, stop, { lookup, onOpen });
			const tookMs = clock.now() - startMs;
			onExchange({ method: request.method, ...headOf(request, message), tookMs });
			return message;
		},
		toTypedError: (error, request, stop, head) => {
			const { url } = request;
			const isOpen = opened.has(request);
			const route = { url, hasClientCertificate, proxy: proxyOf(clientFor(url), url), isOpen };
			const typed = stop.aborted ? stop.reason : networkErrorFrom(error, route);
			return head ? withRetryAfter(typed, head, clock.now()) : typed;
		},
	};
	return {
		send: (request, timeoutMs, signal) => send(connections, request, timeoutMs, signal),
		stream: (request, silenceMs, signal) => stream(connections, request, silenceMs, signal),
	};
}
async function send({ open, toTypedError }, request, timeoutMs, signal) {
	const late = (time) => `no complete response from ${request.url.host} within ${time}`;
	const time = limitTime(timeoutMs, late, signal);
	let head;
	const exchange = async () => {
		const message = await open(request, time.signal);
		head = headOf(request, message);
		const body = await readText(message);
		const cut = missingEnd(message);
		if (cut !== undefined) throw cut;
		return { ...head, body };
	};
	try {
		return await rejectOnAbort(exchange(), time.signal);
	} catch (error) {
		throw toTypedError(error, request, time.signal, head);
	} finally {
		time.clear();
	}
}
async function stream({ open, toTypedError }, request, silenceMs, signal) {
	const { url } = request;
	const late = (time) => `next to nothing from ${url.host} within ${time}`;
	const time = limitTime(silenceMs(), late, signal);
	const restart = () => {
		time.restart(silenceMs());
	};
	try {
		const message = await rejectOnAbort(open(request, time.signal), time.signal);
		restart();
		let reset;
		const noteReset = (error) => {
			reset = error;
		};
		const { socket } = message;
		socket.once('error', noteReset);
		const body = readStream(message, restart, (error = reset ?? missingEnd(message)) => {
			if (error !== undefined) throw toTypedError(error, request, time.signal);
		});
		const close = () => {
			time.clear();
			socket.off('error', noteReset);
			message.destroy();
		};
		return { head: headOf(request, message), body, close };
	} catch (error) {
		time.clear();
		throw toTypedError(error, request, time.signal);
	}
}
async function* readStream(message, onProgress, throwError) {
	let bytes = 0;
	try {
		for await (const chunk of message) {
			bytes += chunk.length;
			if (bytes >= SIGN_OF_LIFE_BYTES) {
				bytes = 0;
				onProgress();
			}
			yield chunk;
		}
	} catch (error) {
		throwError(error);
	}
	throwError();
}
const headOf = ({ url }, { statusCode, headers }) => ({
	url,
	status: statusCode ?? 0,
	headers,
});
function withAwsSignature(transport, signing, clock) {
	if (signing === undefined) return transport;
	return {
		send: async (request, timeoutMs, signal) => transport.send(signRequest(request, signing, clock.now()), timeoutMs, signal),
		stream: async (request, silenceMs, signal) => transport.stream(signRequest(request, signing, clock.now()), silenceMs, signal),
	};
}
const aws_signature_SIGNATURE = /^(x-amz-)?signature$/i;
function signRequest(request, { region, service, credentials }, nowMs) {
	const { method, headers, body } = request;
	const isSigned = [...request.url.searchParams.keys()].some((name) => aws_signature_SIGNATURE.test(name));
	if (isSigned) return request;
	const url = withoutBareSigns(request.url);
	const signed = __nccwpck_require__(832).sign(
		{
			service,
			region,
			method,
			host: url.host,
			path: url.pathname + url.search,
			headers: { ...headers, 'X-Amz-Date': toAmzDate(nowMs) },
			...(body !== undefined && { body }),
		},
		credentials,
	);
	return { ...request, url, headers: signed.headers };
}
function withoutBareSigns({ origin, pathname, search }) {
	const path = (pathname + search).replace(/[^\w;,/?:@&=+$.!~*'()%-]/g, encodeURIComponent);
	return new URL(origin + path);
}
const toAmzDate = (ms) => new Date(ms).toISOString().replace(/[:-]|\.\d+/g, '');
function withHeaders(provider, headers) {
	if (Object.keys(headers).length === 0) return provider;
	const further = withoutHeader(headers, 'Content-Type');
	return {
		...provider,
		credentials: (token) => mergeHeaders(further, provider.credentials(token)),
	};
}
const LIFETIME_S = 180;
function logInByAssertion(method, { clock, addSecret }) {
	const { tokenUrl, scope, client } = method;
	return async (send) => {
		const assertion = signJwt(method, Math.floor(clock.now() / 1000));
		addSecret(assertion);
		if (tokenUrl === '') return { value: assertion, lifetimeMs: LIFETIME_S * 1000 };
		const grant = {
			grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
			assertion,
			...(scope && { scope }),
		};
		return readOAuthToken(await send(tokenRequest(tokenUrl, grant, client)));
	};
}
function signJwt({ privateKey: key, header, claims, tokenUrl }, nowS) {
	const payload = {
		...(tokenUrl !== '' && { aud: tokenUrl }),
		iat: nowS,
		exp: nowS + LIFETIME_S,
		jti: (0, require('node:crypto').randomUUID)(),
		...claims,
	};
	const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const content = `${encode({ ...header, typ: 'JWT' })}.${encode(payload)}`;
	const hash = header.alg.startsWith('Ed') ? null : `sha${header.alg.slice(2, 5)}`;
	const padding = header.alg.startsWith('PS')
		? {
				padding: require('node:crypto').constants.RSA_PKCS1_PSS_PADDING,
				saltLength: require('node:crypto').constants.RSA_PSS_SALTLEN_DIGEST,
			}
		: {};
	const options = { key, dsaEncoding: 'ieee-p1363', ...padding };
	return `${content}.${(0, require('node:crypto').sign)(hash, Buffer.from(content), options).toString('base64url')}`;
}
const ID_TOKEN_TIMEOUT_MS = 10_000;
function logInByExchange({ oidcAudience, tokenUrl, audience, scope, client }, context) {
	return async (send) => {
		const idToken = await fetchIdToken(oidcAudience, context);
		if (idToken.length > MAX_TOKEN_LENGTH) {
			throw new PermanentError('the OIDC token of GitHub has over 16 KiB', 'bad-response');
		}
		context.addSecret(idToken);
		const grant = {
			grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
			subject_token: idToken,
			subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
			requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
			...(audience && { audience }),
			...(scope && { scope }),
		};
		return readOAuthToken(await send(tokenRequest(tokenUrl, grant, client)));
	};
}
async function fetchIdToken(audience, { getIdToken, signal }) {
	const late = (time) => `GitHub has issued no OIDC token within ${time}`;
	const limit = limitTime(ID_TOKEN_TIMEOUT_MS, late, signal);
	try {
		return await rejectOnAbort(getIdToken(audience), limit.signal);
	} catch (cause) {
		limit.signal.throwIfAborted();
		throw idTokenError(cause);
	} finally {
		limit.clear();
	}
}
function idTokenError(cause) {
	if (cause.message.includes('env variable')) {
		const text = 'GitHub offers this job no OIDC token; does it have `permissions: id-token: write`?';
		return new PermanentError(text, 'rejected', { cause });
	}
	const code = /Error Code : (\d+)/.exec(cause.message)?.[1] ?? '';
	const [why = ''] = /(?<=Error Message: ).*/s.exec(cause.message) ?? [];
	const said = [code && `HTTP ${code}`, why || (code ? '' : cause.message)].filter(Boolean);
	const text = `GitHub issues no OIDC token: ${said.join(': ')}`;
	const isRefusal = /^4(?!08|29)/.test(code);
	return isRefusal ? new PermanentError(text, 'rejected', { cause }) : new TransientError(text, 'unreachable', { cause });
}
function createLogin(method, provider, context) {
	switch (method?.kind) {
		case 'signed-assertion':
			return logInByAssertion(method, context);
		case 'token-exchange':
			return logInByExchange(method, context);
		case undefined:
			return provider.logIn;
	}
}
const MAX_KEPT_LENGTH = 16 * 1024 * 1024;
const MAX_UNCHANGED_MS = 10 * 60_000;
function createConditionalRequests(clock) {
	const kept = new Map();
	let keptLength = 0;
	return {
		prepare(request) {
			const last = request.method === 'GET' ? kept.get(request.url.href) : undefined;
			const etag = last?.response.headers.etag;
			if (!last || !etag || clock.now() - last.sinceMs >= MAX_UNCHANGED_MS) return request;
			return { ...request, headers: { ...request.headers, 'If-None-Match': etag } };
		},
		resolve({ method, url }, response) {
			const last = kept.get(url.href);
			if (response.status === 304) {
				if (last !== undefined && method === 'GET') return last.response;
				throw new TransientError('HTTP 304 for a response that was never given', 'bad-response');
			}
			keptLength -= last === undefined ? 0 : lengthOf(last.response);
			kept.delete(url.href);
			const isTagged = response.status === 200 && response.headers.etag !== undefined;
			if (method === 'GET' && isTagged && keptLength + lengthOf(response) <= MAX_KEPT_LENGTH) {
				kept.set(url.href, { response, sinceMs: clock.now() });
				keptLength += lengthOf(response);
			}
			return response;
		},
	};
}
const lengthOf = ({ body, headers }) => body.length + JSON.stringify(headers).length;
async function toPollResult(poll, signal, room) {
	try {
		const observation = await poll;
		signal.throwIfAborted();
		return { observation: cutObservation(observation, room) };
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof TransientError || error instanceof PermanentError) {
			return { error: cutError(error, room) };
		}
		const text = `the response could not be understood: ${cutText(String(error))}`;
		return { error: cutError(new PermanentError(text, 'bad-response'), room) };
	}
}
function cutError(error, room) {
	error.message = room.cut(error.message);
	error.stack = '';
	error.cause = undefined;
	if (error instanceof TransientError && error.hint !== undefined) {
		error.hint = room.cut(error.hint);
	}
	return error;
}
function cutObservation(observation, room) {
	const { providerStatus, unknownStatuses, filePath, message, warning, note } = observation;
	room.keep([filePath ?? '', ...(observation.filePaths ?? [])]);
	return {
		...observation,
		providerStatus: room.cut(providerStatus),
		...(unknownStatuses && { unknownStatuses: unknownStatuses.map((one) => room.cut(one)) }),
		...(filePath !== undefined && { filePath: cutText(filePath) }),
		...(message !== undefined && { message: room.cut(message) }),
		...(warning !== undefined && { warning: room.cut(warning) }),
		...(note !== undefined && { note: room.cut(note) }),
	};
}
const text_room_MAX_KEPT_LENGTH = 32 * 1024 * 1024;
const STEPS = [
	{ upTo: 1_000_000, length: MAX_TEXT_LENGTH },
	{ upTo: 3_000_000, length: SHOWN_LENGTH },
];
function createTextRooms() {
	const lengths = new Map();
	let total = 0;
	return (requestId) => {
		const add = (length) => {
			lengths.set(requestId, (lengths.get(requestId) ?? 0) + length);
			total += length;
		};
		add(-(lengths.get(requestId) ?? 0));
		return {
			cut(text) {
				const start = cutText(text, keptLength(total));
				add(start.length);
				return start;
			},
			keep(texts) {
				add(texts.join('').length);
				if (total <= text_room_MAX_KEPT_LENGTH) return;
				throw new PermanentError('the links of all jobs are too long to be kept', 'bad-response');
			},
		};
	};
}
const keptLength = (total) => STEPS.find(({ upTo }) => total <= upTo)?.length ?? SHORTEST_LENGTH;
const REQUEST_TIMEOUT_MS = 30_000;
const LOGIN_AFTER_HTML_PAUSE_MS = 10 * 60_000;
function createSession(provider, tokens, transport, clock) {
	const conditional = provider.isConditional ? createConditionalRequests(clock) : undefined;
	const mayLogInAfterHtml = createHtmlLoginGuard(clock);
	const nextPollUrls = new Map();
	const roomOf = createTextRooms();
	const accessWith = (token, send) => ({
		headers: provider.credentials(token.value),
		renew: tokens.canRenew ? async () => accessWith(await tokens.replace(token, send), send) : undefined,
	});
	return {
		async poll(requestId, requestDeadlineMs, signal) {
			const exchange = createExchange(transport, clock, requestDeadlineMs, signal);
			const pollWith = async (token) => {
				const credentials = provider.credentials(token.value);
				const observation = await provider.poll(requestId, exchange.sendWith(credentials, conditional), nextPollUrls.get(requestId));
				if (observation.nextPollUrl) nextPollUrls.set(requestId, observation.nextPollUrl);
				tokens.noteAccepted(token);
				return observation;
			};
			const polling = pollWithRenewal(tokens, exchange.send, pollWith, mayLogInAfterHtml);
			const outcome = await toPollResult(polling, signal, roomOf(requestId));
			const ownPauseMs = outcome.error instanceof TransientError ? outcome.error.retryAfterMs : undefined;
			return {
				...outcome,
				retryAfterMs: ownPauseMs ?? exchange.retryAfterMs(),
				body: exchange.body(),
			};
		},
		async access(signal) {
			const send = async (request) => refuseEndless(await transport.send(request, REQUEST_TIMEOUT_MS, signal));
			return accessWith(await tokens.current(send), send);
		},
	};
}
const MAX_POLL_LENGTH = 10 * 1024 * 1024;
function refuseEndless(response) {
	refuseEndlessJson(response.body);
	return response;
}
function createExchange(transport, clock, requestDeadlineMs, signal) {
	let last;
	let body = '';
	let length = 0;
	const send = async (request) => {
		const leftMs = requestDeadlineMs - clock.now();
		const timeoutMs = Math.max(Math.min(leftMs, REQUEST_TIMEOUT_MS), 1);
		last = await transport.send(request, timeoutMs, signal);
		return last;
	};
	const sendWith = (credentials, conditional) => async (request) => {
		const full = { ...request, headers: { ...request.headers, ...credentials } };
		const response = conditional === undefined ? await send(full) : conditional.resolve(request, await send(conditional.prepare(full)));
		body = cutText(response.body, MAX_BODY_LENGTH);
		length += response.body.length;
		if (length > MAX_POLL_LENGTH) {
			throw new PermanentError('the responses to one poll have over 10 MiB', 'bad-response');
		}
		return refuseEndless(response);
	};
	return {
		send: async (request) => refuseEndless(await send(request)),
		sendWith,
		body: () => body,
		retryAfterMs: () => last && retryAfterMs(last, clock.now()),
	};
}
async function pollWithRenewal(tokens, send, pollWith, mayLogInAfterHtml) {
	const token = await tokens.current(send);
	try {
		return await pollWith(token);
	} catch (error) {
		if (!tokens.canRenew) throw error;
		const hasEnded = error instanceof PermanentError && error.tokenEnded && tokens.isAccepted(token);
		if (hasEnded || error instanceof CredentialsRejected) {
			return pollWith(await tokens.replace(token, send));
		}
		if (!(error instanceof HtmlInsteadOfJson) || !mayLogInAfterHtml()) throw error;
		const replaced = await tokens.replace(token, send).catch(() => undefined);
		if (replaced === undefined) throw error;
		return pollWith(replaced);
	}
}
function createHtmlLoginGuard(clock) {
	let nextMs = 0;
	return () => {
		if (clock.now() < nextMs) return false;
		nextMs = clock.now() + LOGIN_AFTER_HTML_PAUSE_MS;
		return true;
	};
}
const MAX_REFUSALS = 3;
const REFUSAL_PAUSE_MS = 2000;
const FAILURE_PAUSE_MS = 1000;
const MAX_FAILURE_PAUSE_MS = 30_000;
function createGuardedLogin(logIn, clock) {
	let [refusals, failures] = [0, 0];
	let lastError;
	let backoff;
	const noteFailure = (cause, response) => {
		const isRefused = response !== undefined && saysRefused(response);
		if (isRefused) refusals += 1;
		else failures += 1;
		if (refusals >= MAX_REFUSALS) {
			const text = `the login was refused ${MAX_REFUSALS} times and is not repeated: ${cause.message}`;
			return (lastError = new PermanentError(text, 'rejected', {
				cause,
				problem: 'login-refused',
			}));
		}
		const requestedMs = response && retryAfterMs(response, clock.now());
		const pauseMs = isRefused
			? Math.max(requestedMs ?? 0, REFUSAL_PAUSE_MS * 4 ** (refusals - 1))
			: (requestedMs ?? Math.min(FAILURE_PAUSE_MS * 2 ** (failures - 1), MAX_FAILURE_PAUSE_MS));
		const retryAfter = requestedMs === undefined ? undefined : pauseMs;
		const options = { cause, retryAfterMs: retryAfter, problem: cause.problem };
		const error = new TransientError(`login: ${cause.message}`, cause.reason, options);
		backoff = { error, untilMs: clock.now() + pauseMs };
		return error;
	};
	return async (send, refreshToken) => {
		if (logIn === undefined) throw new PermanentError('no token', 'rejected');
		if (lastError !== undefined) throw lastError;
		if (backoff !== undefined && clock.now() < backoff.untilMs) throw backoff.error;
		let response;
		try {
			const token = await logIn(async (request) => {
				response = undefined;
				response = await send(request);
				return response;
			}, refreshToken);
			failures = 0;
			return token;
		} catch (cause) {
			if (cause instanceof TransientError) throw noteFailure(cause, response);
			if (!(cause instanceof PermanentError)) throw cause;
			const reason = cause.reason === 'not-found' ? 'rejected' : cause.reason;
			const text = `the login failed and is not repeated: ${cause.message}`;
			const problem = isAboutTheWay(cause) ? cause.problem : 'login-refused';
			throw (lastError = new PermanentError(text, reason, { cause, problem }));
		}
	};
}
const isAboutTheWay = ({ reason, problem }) => reason === 'unreachable' || problem === 'redirected' || problem === 'proxy-credentials';
const saysUnavailable = (response) =>
	response.status >= 500 ||
	[408, 425, 429].includes(response.status) ||
	isRateLimit(response) ||
	(response.status === 403 && saysRateLimit(response.body));
const REFUSAL_CODE = /^(invalid|unauthorized|unsupported)_|_required$|denied$|locked$/i;
const saysRefused = (response) => errorCodes(parseBody(response)).some((code) => REFUSAL_CODE.test(code)) || !saysUnavailable(response);
const RENEWAL_SHARE = 0.1;
const tokens_RENEWAL_MS = 60_000;
function createTokens({ given, logIn, clock, addSecret, onLogIn }) {
	let active = given === undefined ? undefined : givenToken(given);
	let accepted = active;
	const activate = (token) => {
		addSecret(token.value);
		addSecret(token.refreshToken ?? '');
		const rejectedInARow = active === undefined || active === accepted ? 0 : active.rejectedInARow + 1;
		active = issuedToken(token, clock.now(), rejectedInARow);
		onLogIn();
		return active;
	};
	const guardedLogIn = createGuardedLogin(logIn, clock);
	const logInOnce = shareRunning(async (send) => activate(await guardedLogIn(send, active?.refreshToken)));
	return {
		canRenew: logIn !== undefined,
		async current(send) {
			if (active === undefined) return logInOnce(send);
			if (clock.now() < active.renewAtMs) return active;
			try {
				return await logInOnce(send);
			} catch (error) {
				const isTyped = error instanceof TransientError || error instanceof PermanentError;
				if (isTyped && clock.now() < active.expiresAtMs) return active;
				throw error;
			}
		},
		async replace(rejected, send) {
			if (active !== undefined && active !== rejected) return active;
			if (rejected !== accepted && rejected.rejectedInARow > 0) {
				throw new PermanentError('the provider does not accept the tokens that it issues', 'rejected');
			}
			return logInOnce(send);
		},
		isAccepted: (token) => token === accepted,
		noteAccepted(token) {
			if (token === active) accepted = token;
		},
	};
}
function shareRunning(work) {
	let running;
	return (argument) => {
		running ??= work(argument).finally(() => {
			running = undefined;
		});
		return running;
	};
}
function issuedToken({ value, refreshToken, lifetimeMs = Infinity }, nowMs, rejectedInARow) {
	const expiresAtMs = nowMs + lifetimeMs;
	const renewAtMs = expiresAtMs - Math.min(tokens_RENEWAL_MS, lifetimeMs * RENEWAL_SHARE);
	return { value, refreshToken, renewAtMs, expiresAtMs, rejectedInARow };
}
const givenToken = (value) => ({
	value,
	refreshToken: undefined,
	renewAtMs: Infinity,
	expiresAtMs: Infinity,
	rejectedInARow: 0,
});
function connect(connection, context) {
	const { token, canLogIn, secureContexts, settings, aws } = connection;
	const { clock, onExchange } = context;
	const provider = withHeaders(connection.provider.create(settings), settings.http.headers);
	const logIn = canLogIn ? createLogin(connection.login, provider, context) : undefined;
	const tokens = createTokens({ given: token, logIn, ...context });
	const { provider: secureContext, others, hasClientCertificate } = secureContexts;
	const guard = createAddressGuard(new URL(settings.baseUrl));
	const unsigned = createTransport({ clock, secureContext, hasClientCertificate, onExchange });
	const transports = {
		provider: withAwsSignature(unsigned, aws, clock),
		others: createTransport({ clock, secureContext: others, guard, onExchange }),
	};
	const session = createSession(provider, tokens, transports.provider, clock);
	return { provider, session, transports };
}
const CHANGING_HEADER = /access|auth|pass|session|sign|credential|sid|key|token|secret|cookie|(request|correlation|trace).?id|traceparent/i;
function idempotencyKey({ method, url, headers = {}, body = '' }, { GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB, GITHUB_ACTION }) {
	const step = [GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_JOB, GITHUB_ACTION];
	const lasting = Object.entries(headers)
		.filter(([name]) => !CHANGING_HEADER.test(name))
		.map(([name, value]) => `${name.toLowerCase()}: ${value}`)
		.sort();
	const text = JSON.stringify([...step, method, url.href, lasting, body]);
	const digits = (0, require('node:crypto').createHash)('sha256').update(text).digest('hex');
	const parts = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`];
	return [...parts, `a${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}
function readStartResponse(response, start, provider) {
	const isAccepted = response.status >= 200 && response.status < 300;
	const { requestId, why } = findStartedId(response, start, provider);
	const { observation, error } = judge(response, requestId, provider);
	if (observation?.state === 'failed' && response.status < 500) {
		const own = observation.message ?? '';
		const message = own === '' ? findErrorMessage(parseBody(response), response.body) : own;
		return { requestId, status: 'Failure', reason: 'job-failed', message, observation };
	}
	if (!isAccepted) return { error: start_response_refusalError(response, error) };
	if (error instanceof PermanentError && error.reason !== 'bad-response') {
		return error.reason === 'job-failed' ? { ...toEnd(error), requestId } : { error };
	}
	if (requestId === '') {
		const saysAgain = error instanceof TransientError && error.reason === 'unreachable';
		return saysAgain || error instanceof HtmlInsteadOfJson ? { error } : lostEnd(response, why);
	}
	const hasEnded = observation?.state === 'successful' && observation.providerStatus !== '';
	if (!start.isFinal || !hasEnded || observation.needsGrace) return { requestId, observation };
	return {
		requestId,
		status: 'Successful',
		reason: '',
		message: observation.message ?? '',
		observation,
	};
}
function findStartedId(response, { idQuery }, provider) {
	const where = idQuery === '' ? 'where the provider puts it' : `at \`id-query\` “${idQuery}”`;
	try {
		refuseEndlessJson(response.body);
		const own = provider.startedId ?? (() => '');
		const id = idQuery === '' ? own(response) : findId(response, idQuery);
		const requestId = id.trim();
		return {
			requestId: /^\.{1,2}$/.test(requestId) || !requestId.isWellFormed() ? '' : requestId,
			why: `there is none ${where}`,
		};
	} catch (error) {
		return { requestId: '', why: error.message };
	}
}
function lostEnd(response, why) {
	const shape = describeShape(parseBody(response));
	const message = `the job was started, and its id is lost: ${why}; the response is ${shape}`;
	return { status: 'Error', reason: 'start-unknown', message, problem: 'start-unknown' };
}
function start_response_refusalError(response, judged) {
	const isTyped = judged instanceof TransientError || judged instanceof PermanentError;
	const error = isTyped ? judged : httpError(response, '');
	const isRefused = response.status >= 400 && response.status < 500;
	return error instanceof TransientError && isRefused && !isUnaccepted(response, error)
		? new PermanentError(error.message, 'rejected', { problem: error.problem })
		: error;
}
function judge(response, id, provider) {
	try {
		refuseEndlessJson(response.body);
		return { observation: provider.judge?.(response, id) };
	} catch (error) {
		return { error };
	}
}
const isUnaccepted = (response, error) =>
	(error instanceof TransientError && error.isRateLimit) ||
	isRateLimit(response) ||
	(response.status === 503 && response.headers['retry-after'] !== undefined);
const REDIRECTS_AFTER = [302, 303];
const leavesUnknown = (response, error) =>
	error instanceof TransientError ? !isUnaccepted(response, error) : REDIRECTS_AFTER.includes(response.status) && !error.tokenEnded;
const toEnd = (error) => ({
	status: error.reason === 'job-failed' ? 'Failure' : 'Error',
	reason: error.reason === 'not-found' ? 'rejected' : error.reason,
	message: error.message,
	problem: error.problem === 'unknown-id' ? 'bad-request' : error.problem,
});
const unknownEnd = (message) => ({
	status: 'Error',
	reason: 'start-unknown',
	message: `${message}; whether the job was started is not known`,
	problem: 'start-unknown',
});
const cancelledEnd = (mayExist) => ({
	status: 'Error',
	reason: 'cancelled',
	message: mayExist
		? 'the step was cancelled while it started the job, which may run now'
		: 'the step was cancelled before it started the job',
});
function toOutcome(end, polls, elapsedMs) {
	const { requestId = '', status, reason = '', message = '', problem, observation } = end;
	if (status === undefined) return undefined;
	const ended = { requestId, status, reason, message, problem, timedOut: false };
	return { ...ended, ...observedFields(observation), polls, elapsedMs, changes: [] };
}
const MAX_RETRY_MS = 2 * 60_000;
const FIRST_PAUSE_MS = 1000;
const start_tries_MAX_PAUSE_MS = 30_000;
const start_tries_SHORTEST_TRY_MS = 500;
const start_tries_ONCE_RETRIES = 3;
function createTries({ transport, clock, timeoutMs, onRetry }) {
	const startMs = clock.now();
	let [count, pauses, mayExist] = [0, 0, false];
	return {
		count: () => count,
		mayExist: () => mayExist,
		noteUnknown: () => {
			mayExist = true;
		},
		async send(request, signal) {
			const before = mayExist;
			count += 1;
			mayExist = true;
			try {
				const response = await transport.send(request, REQUEST_TIMEOUT_MS, signal);
				mayExist = before;
				return response;
			} catch (error) {
				const isTyped = error instanceof TransientError || error instanceof PermanentError;
				if (isTyped && error.isUnsent) mayExist = before;
				throw error;
			}
		},
		async pause(error, askedMs, signal) {
			const ownMs = error instanceof TransientError ? error.retryAfterMs : undefined;
			const requestedMs = askedMs ?? ownMs;
			const pauseMs = requestedMs ?? Math.min(FIRST_PAUSE_MS * 2 ** pauses, start_tries_MAX_PAUSE_MS);
			const isOnce = timeoutMs === 0;
			const mostMs = isOnce || requestedMs === undefined ? MAX_RETRY_MS : timeoutMs;
			const giveUpAtMs = startMs + (isOnce ? mostMs : Math.min(timeoutMs, mostMs));
			const isLate = clock.now() + pauseMs + start_tries_SHORTEST_TRY_MS > giveUpAtMs;
			if (isLate || (isOnce && pauses >= start_tries_ONCE_RETRIES)) return false;
			pauses += 1;
			onRetry(error.message, pauseMs);
			await clock.sleep(pauseMs, signal);
			return true;
		},
	};
}
async function startJob(start, context) {
	const { clock, signal, timeoutMs } = context;
	const startMs = clock.now();
	const tries = createTries(context);
	const end = (part, response) => ({
		requestId: part.requestId ?? '',
		outcome: toOutcome(part, tries.count(), clock.now() - startMs),
		tookMs: clock.now() - startMs,
		body: cutText(response?.body ?? '', MAX_BODY_LENGTH),
	});
	if (signal.aborted) return end(cancelledEnd(false));
	const limitMs = timeoutMs === 0 ? MAX_RETRY_MS + REQUEST_TIMEOUT_MS : timeoutMs;
	const late = (time) => `no response within ${time}`;
	const time = limitTime(limitMs, late, signal);
	try {
		return await sendUntilEnd(start, { ...context, signal: time.signal }, tries, end);
	} catch (error) {
		if (context.signal.aborted) return end(cancelledEnd(tries.mayExist()));
		throw error;
	} finally {
		time.clear();
	}
}
async function sendUntilEnd(start, context, tries, end) {
	const { session, provider, environment, clock, signal } = context;
	let access;
	let isRenewed = false;
	for (;;) {
		let response;
		let error;
		try {
			access ??= await session.access(signal);
			response = await tries.send(toRequest(start, access, environment), signal);
			const read = readStartResponse(response, start, provider);
			if (read.error === undefined) return end(read, response);
			error = read.error;
			if (leavesUnknown(response, error)) tries.noteUnknown();
			if (error instanceof CredentialsRejected && access.renew !== undefined && !isRenewed) {
				access = await access.renew();
				isRenewed = true;
				continue;
			}
		} catch (thrown) {
			const isTyped = thrown instanceof TransientError || thrown instanceof PermanentError;
			if (!isTyped || signal.reason instanceof Cancelled) throw thrown;
			error = thrown;
		}
		const askedMs = response && retryAfterMs(response, clock.now());
		if (mayRepeat(error, tries.mayExist(), start) && (await tries.pause(error, askedMs, signal))) {
			continue;
		}
		return end(tries.mayExist() ? unknownEnd(error.message) : toEnd(error), response);
	}
}
function mayRepeat(error, mayExist, { idempotencyHeader }) {
	if (!mayExist) return error instanceof TransientError;
	const isTransient = error instanceof TransientError || error.problem === 'conflict';
	return isTransient && idempotencyHeader !== '';
}
function toRequest({ url, method, headers, body, idempotencyHeader }, access, environment) {
	const all = mergeHeaders(access.headers, headers);
	const request = { method, url, headers: all, ...(body !== '' && { body }) };
	if (idempotencyHeader === '') return request;
	const key = { [idempotencyHeader]: idempotencyKey(request, environment) };
	return { ...request, headers: mergeHeaders(request.headers, key) };
}
const MAX_STEPS_PER_CHARACTER = 64;
const text_index_FREE_STEPS = 4 * 1024 * 1024;
function createTextIndex() {
	const root = { label: '', isEnd: false, children: new Map() };
	let longest = 0;
	return {
		add(text) {
			longest = Math.max(longest, text.length);
			return text !== '' && insert(root, text);
		},
		find(text) {
			const ranges = [];
			let steps = text_index_FREE_STEPS + MAX_STEPS_PER_CHARACTER * text.length;
			for (let at = 0; at < text.length && root.children.size > 0; at += 1) {
				if (!root.children.has(text.charCodeAt(at))) continue;
				const { end, stop } = follow(root, text, at);
				if (end > at) ranges.push([at, end]);
				steps -= stop - at;
				if (steps > 0) continue;
				ranges.push([at, text.length]);
				break;
			}
			return ranges;
		},
		findCutOff(text) {
			let steps = text_index_FREE_STEPS;
			for (let at = Math.max(text.length - longest, 0); at < text.length; at += 1) {
				const { stop } = follow(root, text, at);
				steps -= stop - at;
				if (stop === text.length || steps <= 0) return at;
			}
			return text.length;
		},
	};
}
function follow(root, text, from) {
	let [node, at, end] = [root, from, from];
	for (;;) {
		const child = node.children.get(text.charCodeAt(at));
		if (child === undefined) return { end, stop: at };
		const next = at + commonLength(child.label, text, at);
		if (next - at < child.label.length) return { end, stop: next };
		[node, at] = [child, next];
		if (node.isEnd) end = at;
	}
}
function insert(root, text) {
	let [node, at] = [root, 0];
	while (at < text.length) {
		const child = node.children.get(text.charCodeAt(at));
		if (child === undefined) {
			const leaf = { label: text.slice(at), isEnd: true, children: new Map() };
			node.children.set(text.charCodeAt(at), leaf);
			return true;
		}
		const length = commonLength(child.label, text, at);
		if (length < child.label.length) split(child, length);
		[node, at] = [child, at + length];
	}
	const isNew = !node.isEnd;
	node.isEnd = true;
	return isNew;
}
function split(node, length) {
	const { label, isEnd, children } = node;
	node.label = label.slice(0, length);
	node.isEnd = false;
	node.children = new Map([[label.charCodeAt(length), { label: label.slice(length), isEnd, children }]]);
}
function commonLength(label, text, at) {
	const most = Math.min(label.length, text.length - at);
	let length = 0;
	while (length < most && label.charCodeAt(length) === text.charCodeAt(at + length)) length += 1;
	return length;
}
function replaceRanges(text, ranges, replacement, end = text.length) {
	let result = '';
	let doneTo = 0;
	for (const [start, stop] of ranges.toSorted(([a], [b]) => a - b)) {
		if (start >= end) break;
		if (start >= doneTo) result += text.slice(doneTo, start) + replacement;
		doneTo = Math.max(doneTo, stop);
	}
	return result + text.slice(doneTo, Math.max(end, doneTo));
}
const LOG_LINE_LENGTH = 500;
const OUTPUT_LENGTH = 8 * 1024;
const SHORTEST_VALUE = 6;
const MAX_VALUES_LENGTH = 8 * 1024 * 1024;
const PLAIN_VALUE = /^(attachment|download|export|inline|report|result)s?$/i;
function createSanitizer(secrets) {
	const { redact, redactStart } = secrets;
	const values = createTextIndex();
	let valuesLength = 0;
	const withoutValues = (text) => {
		const ranges = values.find(text).filter(([start, end]) => isWhole(text, start, end));
		return replaceRanges(text, ranges, '…');
	};
	const redactLine = (line, isCut) => redactStart(line, line.length, isCut);
	const toLink = (text) => redactLine(toLine(redactStart(text, OUTPUT_LENGTH)), text.length > OUTPUT_LENGTH);
	return {
		line(text, maxLength = LOG_LINE_LENGTH) {
			const start = redactStart(text, 8 * maxLength);
			const isCut = text.length > 8 * maxLength;
			const wholeLength = isCut ? text.length : start.length;
			const line = excerpt(start, maxLength, wholeLength, (one) => redactLine(one, isCut));
			return withoutValues(redact(line));
		},
		link: toLink,
		page(link) {
			const whole = toLink(link);
			return withoutValues(whole) === whole ? whole : (whole.split('?')[0] ?? '');
		},
		body(text) {
			const start = redactStart(text, MAX_BODY_LENGTH);
			return withoutCommands(redact(start));
		},
		redact,
		hideQuery(link) {
			const [, ...query] = link.split('?');
			for (const value of query.join('?').split(/[&;#\s]/)) {
				const text = value.slice(value.indexOf('=') + 1);
				if (text.length < SHORTEST_VALUE || PLAIN_VALUE.test(text)) continue;
				if (valuesLength + text.length > MAX_VALUES_LENGTH) return;
				if (values.add(text)) valuesLength += text.length;
			}
		},
	};
}
const isWhole = (text, start, end) => !/[\p{L}\p{N}]/u.test(text.charAt(start - 1)) && !/[\p{L}\p{N}]/u.test(text.charAt(end));
const ESCAPE =
	/\\(?:u[\da-f]{4}|["'\\/bfnrt]|&(?:quot|apos|#(?:34|39|47|x22|x27|x2f));)|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-4](?:%[89ab][\da-f]){3}|%[\da-f]{2}|&(?:#\d{1,7}|#x[\da-f]{1,6}|amp|lt|gt|quot|apos);/gi;
const NAMED = {
	'&amp;': '&',
	'&lt;': '<',
	'&gt;': '>',
	'&quot;': '"',
	'&apos;': "'",
	'\\b': '\b',
	'\\f': '\f',
	'\\n': '\n',
	'\\r': '\r',
	'\\t': '\t',
};
function unescapeOnce(text) {
	if (!/[\\%&]/.test(text)) return undefined;
	let unescaped = '';
	let doneTo = 0;
	const ends = [];
	for (const { 0: escape, index } of text.matchAll(ESCAPE)) {
		const character = resolve(escape);
		if (character === undefined) continue;
		unescaped += text.slice(doneTo, index) + character;
		doneTo = index + escape.length;
		ends.push([unescaped.length, doneTo]);
	}
	if (ends.length === 0) return undefined;
	return {
		text: unescaped + text.slice(doneTo),
		toOriginal: ([start, end]) => [originalIndex(ends, start), originalIndex(ends, end)],
	};
}
function resolve(escape) {
	if (escape.startsWith('\\&')) return resolve(escape.slice(1));
	if (escape.startsWith('%')) return fromBytes(escape);
	const [, hexadecimal] = /^(?:\\u|&#x)([\da-f]+)/i.exec(escape) ?? [];
	if (hexadecimal !== undefined) return fromCodePoint(hexadecimal, 16);
	const [, decimal] = /^&#(\d+)/.exec(escape) ?? [];
	if (decimal !== undefined) return fromCodePoint(decimal, 10);
	return NAMED[escape] ?? escape.slice(1);
}
function fromBytes(escape) {
	const bytes = Buffer.from(escape.replaceAll('%', ''), 'hex');
	return bytes.toString(bytes.length > 1 ? 'utf8' : 'latin1');
}
function fromCodePoint(digits, radix) {
	const code = parseInt(digits, radix);
	return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
function originalIndex(ends, at) {
	let [low, high] = [-1, ends.length - 1];
	while (low < high) {
		const middle = Math.ceil((low + high) / 2);
		if ((ends[middle]?.[0] ?? 0) <= at) low = middle;
		else high = middle - 1;
	}
	const [unescaped, original] = ends[low] ?? [0, 0];
	return original + (at - unescaped);
}
const SHORTEST_LINE = 4;
const SHORTEST_JSON_TEXT = 8;
const MAX_JSON_TEXTS = 500;
const SHORTEST_BASE64_PIECE = 8;
function partsOfSecret(secret) {
	const json = parseJsonSecret(secret);
	if (json !== undefined) {
		const texts = textsIn(json).filter((text) => text.length >= SHORTEST_JSON_TEXT);
		return [secret, JSON.stringify(json), ...texts.slice(0, MAX_JSON_TEXTS).flatMap(partsOfSecret)];
	}
	const isPem = secret.includes('-----BEGIN ');
	const lines = secret
		.split(isPem ? /[\r\n]|\\n/ : /[\r\n]/)
		.map((line) => line.trim())
		.filter((line) => line !== '');
	if (lines.length < 2) return [...new Set([secret, ...lines])].filter(Boolean);
	const own = lines.filter((line) => line.length >= SHORTEST_LINE && !line.startsWith('-----'));
	return isPem ? own : [secret, ...own];
}
function parseJsonSecret(secret) {
	if (!/^\s*[{[]/.test(secret)) return undefined;
	try {
		return JSON.parse(secret);
	} catch {
		return undefined;
	}
}
function textsIn(value) {
	return typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(textsIn);
}
function formsOfSecret(secret) {
	const wellFormed = secret.toWellFormed();
	const bytes = Buffer.from(secret);
	const encoded = encodeURIComponent(wellFormed);
	const strict = encoded.replace(/[!'()*]/g, (sign) => `%${hexOf(sign)}`);
	const form = new URLSearchParams({ s: secret }).toString().slice('s='.length);
	const json = JSON.stringify(secret).slice(1, -1);
	const ascii = json.replace(/[^\x20-\x7E]/g, (sign) => `\\u${hexOf(sign).padStart(4, '0')}`);
	const lower = ascii.replace(/\\u..../g, (code) => code.toLowerCase());
	const forms = [
		secret,
		...[encoded, strict, form].flatMap((text) => [text, withLowerCaseCodes(text)]),
		...base64Forms(bytes),
		bytes.toString('hex'),
		bytes.toString('hex').toUpperCase(),
		...[json, ascii, lower, json.replaceAll('/', '\\/')].flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]),
		secret.replace(/[&<>"']/g, (sign) => HTML[sign]),
		secret.replaceAll(' ', '+'),
	];
	return [...new Set(forms)];
}
function base64Forms(bytes) {
	const pieces = [0, 1, 2].flatMap((offset) => {
		const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
		const isWhole = (offset + bytes.length) % 3 === 0;
		const end = isWhole ? text.length : text.replaceAll('=', '').length - 1;
		const piece = text.slice(offset === 0 ? 0 : offset + 1, end);
		return piece.length < SHORTEST_BASE64_PIECE ? [] : [piece];
	});
	const whole = bytes.toString('base64');
	return [whole, whole.replaceAll('=', ''), ...pieces].flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}
const longestWritten = (secret) => 8 * Buffer.byteLength(secret);
const hexOf = (sign) => sign.charCodeAt(0).toString(16).toUpperCase();
const withLowerCaseCodes = (text) => text.replace(/%../g, (code) => code.toLowerCase());
const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const ROUNDS = 4;
const CUT_ESCAPE = /(?:\\(?:u[\da-f]{0,3})?|%[\da-f]?|&#?x?[\da-z]{0,7}|\uFFFD)$/i;
const CUT_BYTES = /(?:%[cd][\da-f]|%e[\da-f](?:%[89ab][\da-f])?|%f[0-4](?:%[89ab][\da-f]){0,2})(?:%[\da-f]?)?$/i;
const SHORTEST_UNESCAPED = 8;
function createSecrets(mask) {
	const index = createTextIndex();
	const masked = new Set();
	let longest = 0;
	const find = (text) => layersOf(text).flatMap((layer) => index.find(layer.text).map(layer.toOriginal));
	const findCutOff = (text) =>
		layersOf(text, (layer) => layer.replace(CUT_BYTES, '')).map((layer) => {
			const whole = layer.text.replace(CUT_ESCAPE, '');
			const [start] = layer.toOriginal([index.findCutOff(whole), layer.text.length]);
			return [start, text.length];
		});
	return {
		add(secret) {
			for (const part of partsOfSecret(secret)) {
				longest = Math.max(longest, longestWritten(part));
				for (const { text } of layersOf(part)) {
					if (text.length >= Math.min(part.length - 3, SHORTEST_UNESCAPED)) index.add(text);
				}
				for (const form of formsOfSecret(part)) {
					index.add(form);
					if (masked.has(form) || /[\r\n]/.test(form)) continue;
					masked.add(form);
					mask(form);
				}
			}
		},
		redact: (text) => replaceRanges(text, find(text), '***'),
		redactStart(text, length, isCut = CUT_LENGTHS.includes(text.length)) {
			const start = text.slice(0, length + longest);
			const hasCut = isCut && start.length === text.length;
			const ranges = hasCut ? [...find(start), ...findCutOff(start)] : find(start);
			return replaceRanges(start, ranges, '***', Math.min(length, text.length));
		},
	};
}
function layersOf(text, trimEnd = (layer) => layer) {
	let outer = { text: trimEnd(text), toOriginal: (range) => range };
	const layers = [outer];
	for (let round = 0; round < ROUNDS; round += 1) {
		const inner = unescapeOnce(outer.text);
		if (inner === undefined) break;
		const { toOriginal } = outer;
		outer = {
			text: trimEnd(inner.text),
			toOriginal: (range) => toOriginal(inner.toOriginal(range)),
		};
		layers.push(outer);
	}
	return layers;
}
const UNREACHABLE_AFTER_MS = 2 * 60_000;
const LAST_POLLS_MS = 5_000;
const deadline_ONCE_RETRIES = 3;
const ONCE_WINDOW_MS = 30_000;
function createDeadline(timeoutMs, startMs) {
	const once = timeoutMs === 0;
	const endMs = startMs + (once ? ONCE_WINDOW_MS : timeoutMs);
	let isReachable = false;
	let unreachableAtMs = startMs + UNREACHABLE_AFTER_MS;
	const giveUpAtMs = () => (isReachable ? endMs : Math.min(endMs, unreachableAtMs));
	return {
		startMs,
		endMs,
		giveUpAtMs,
		requestDeadlineMs: (nowMs) => Math.min(Math.max(giveUpAtMs(), nowMs + LAST_POLLS_MS), giveUpAtMs() + LAST_POLLS_MS),
		shouldStop(job, nowMs) {
			if (nowMs >= giveUpAtMs()) return true;
			if (!once) return false;
			const isClear = job.error === undefined && job.unconfirmedOutcome === undefined;
			return isClear || job.polls > deadline_ONCE_RETRIES;
		},
		hasRunOutOfTime: (nowMs) => once || nowMs >= endMs,
		noteUsefulResponse() {
			isReachable = true;
		},
		extendTo(untilMs) {
			unreachableAtMs = Math.max(unreachableAtMs, untilMs);
		},
	};
}
const MINUTE_MS = 60_000;
async function everyMinute(clock, signal, callback) {
	try {
		for (;;) {
			await clock.sleep(MINUTE_MS, signal);
			callback();
		}
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}
const MAX_POLLS_AT_ONCE = 10;
function createLimiter(deadline, clock, signal) {
	const limit = pLimit(MAX_POLLS_AT_ONCE);
	let pausedUntilMs = 0;
	const pauseMs = () => Math.min(pausedUntilMs, deadline.giveUpAtMs()) - clock.now();
	return {
		async run(poll) {
			for (;;) {
				const ran = await limit(async () => {
					signal.throwIfAborted();
					if (pauseMs() > 0) return undefined;
					const nowMs = clock.now();
					const requestDeadlineMs = deadline.requestDeadlineMs(nowMs);
					return { value: requestDeadlineMs > nowMs ? await poll(requestDeadlineMs) : undefined };
				});
				if (ran !== undefined) return ran.value;
				await clock.sleep(pauseMs(), signal);
			}
		},
		pauseUntil(untilMs) {
			pausedUntilMs = Math.max(pausedUntilMs, untilMs);
		},
	};
}
function parseShare(progress) {
	const [, done, all, sign] = /^(\d+(?:\.\d+)?)(?:\s*(?:of|\/)\s*(\d+)\b.*|\s*(%))?$/.exec(progress.trim()) ?? [];
	const number = Number(done);
	const isPercentage = sign !== undefined || number > 1;
	const whole = all === undefined ? (isPercentage ? 100 : 1) : Number(all);
	const share = number / whole;
	return share > 0 && share < 1 ? share : undefined;
}
function estimateEndMs(earlier, later) {
	const gained = later.share - earlier.share;
	if (gained <= 0) return undefined;
	return later.atMs + ((1 - later.share) / gained) * (later.atMs - earlier.atMs);
}
function trackJob(requestId) {
	return {
		requestId,
		polls: 0,
		hasStarted: false,
		observation: undefined,
		observedAtMs: undefined,
		error: undefined,
		requestedPauseMs: 0,
		unconfirmedOutcome: undefined,
		changes: [],
		progress: { earlier: undefined, later: undefined },
		outcome: undefined,
	};
}
const MAX_CHANGES = 40;
function recordChange({ changes }, change) {
	changes.splice(MAX_CHANGES - 1, 1);
	changes.push(change);
}
function recordProgress(job, progress, nowMs) {
	const share = parseShare(progress);
	const { later } = job.progress;
	if (share === undefined || share === later?.share) return;
	job.progress = { earlier: later, later: { atMs: nowMs, share } };
}
const expectedEndMs = ({ progress: { earlier, later } }) => earlier && later && estimateEndMs(earlier, later);
const LEAST_POLLS_IN_GRACE = 3;
function applyPollResult(job, { observation, error, retryAfterMs }, context) {
	if (error instanceof TransientError) {
		job.error = error;
		job.requestedPauseMs = retryAfterMs ?? 0;
		return undefined;
	}
	if (error !== undefined) {
		const sinceMs = job.observedAtMs ?? context.startMs;
		return error.needsGrace ? verdict_confirm(job, endByError(error), sinceMs, context) : endByError(error);
	}
	job.observation = observation;
	job.observedAtMs = context.nowMs;
	job.error = undefined;
	const end = endByObservation(observation, context.onUnknownStatus);
	if (end !== undefined && observation.needsGrace) return verdict_confirm(job, end, context.nowMs, context);
	job.unconfirmedOutcome = undefined;
	return end;
}
function verdict_confirm(job, end, sinceMs, { nowMs, notFoundGraceMs }) {
	const before = job.unconfirmedOutcome;
	const isSame = before?.end.reason === end.reason;
	const timesInARow = isSame ? before.timesInARow + 1 : 1;
	const firstMs = isSame ? before.sinceMs : sinceMs;
	job.unconfirmedOutcome = { end, timesInARow, sinceMs: firstMs };
	const hasLasted = nowMs - firstMs >= notFoundGraceMs;
	return hasLasted && timesInARow >= LEAST_POLLS_IN_GRACE ? end : undefined;
}
const endByError = ({ reason, message, problem }) => ({
	status: reason === 'job-failed' ? 'Failure' : 'Error',
	reason,
	message,
	problem,
	timedOut: false,
});
function endByObservation(observation, onUnknownStatus) {
	if (observation.state === 'unknown' && onUnknownStatus === 'fail') {
		const message = describeUnknownStatuses(observation).join('; ');
		const problem = 'unknown-status';
		return { status: 'Error', reason: 'unknown-status', message, problem, timedOut: false };
	}
	const outcome = OUTCOME_BY_STATE[observation.state];
	if (outcome === undefined) return undefined;
	const [status, reason] = outcome;
	const problem = status === 'PartialSuccess' ? 'partial-success' : undefined;
	const { message = '', hint } = observation;
	return { status, reason, message, problem, hint, timedOut: false };
}
const OUTCOME_BY_STATE = {
	pending: undefined,
	unknown: undefined,
	successful: ['Successful', ''],
	partial: ['PartialSuccess', 'partial-success'],
	failed: ['Failure', 'job-failed'],
};
function endAtDeadline(job, elapsedMs, hasRunOutOfTime) {
	const { observation, error, unconfirmedOutcome } = job;
	const end = unconfirmedOutcome?.end;
	if (end?.status === 'Successful') return end;
	const timedOut = hasRunOutOfTime;
	if (end !== undefined && observation === undefined) return { ...end, timedOut };
	const spent = counted(job.polls, 'poll');
	if (observation === undefined) {
		const { message = 'no response', reason = 'unreachable', problem, hint } = error ?? {};
		const isAsked = problem === 'rate-limited' && job.requestedPauseMs >= 1000;
		const asked = isAsked ? `, asked to wait ${duration(job.requestedPauseMs)}` : '';
		const what = problem === 'rate-limited' ? `rate-limited (${message})${asked}` : message;
		const text = [`${what}; no useful response`, hint].filter(Boolean).join('. ');
		const next = asked === '' ? undefined : 'Run the step again after that, and raise `interval`';
		return { status: 'Error', reason, message: text, problem, hint: next, timedOut };
	}
	const unknown = describeUnknownStatuses(observation);
	const status = unknown.length > 0 ? 'so' : observation.providerStatus || 'without a status';
	const sentences = [
		...unknown,
		`still ${status} after ${duration(elapsedMs)} and ${spent}`,
		error === undefined ? '' : `the last poll failed: ${error.message}`,
		end === undefined ? '' : `the last response was: ${end.message}`,
		observation.message ?? '',
	];
	const message = sentences.filter(Boolean).join('; ');
	const problem = unknown.length > 0 ? 'unknown-status' : 'timed-out';
	return { status: 'Pending', reason: 'timed-out', message, problem, timedOut };
}
function describeUnknownStatuses({ state, providerStatus, unknownStatuses }) {
	if (state !== 'unknown') return [];
	return (unknownStatuses ?? [providerStatus]).map(
		(status) => `status \`${status}\` is not classified; add it to \`success-statuses\`, or whichever list fits`,
	);
}
const elapsedMs = ({ clock, deadline }) => clock.now() - deadline.startMs;
const LONGEST_STATUS = 200;
function recordObservation(wait, job, before, isEnd) {
	const { observation, requestId } = job;
	if (observation === undefined) return;
	const { state, providerStatus, progress = '' } = observation;
	recordProgress(job, progress, wait.clock.now());
	const isChange = before?.providerStatus !== providerStatus || before.state !== state;
	const isProgress = before !== undefined && before.progress !== observation.progress;
	if (isChange) {
		const shown = providerStatus.length > LONGEST_STATUS ? 'a long text' : providerStatus;
		recordChange(job, { elapsedMs: elapsedMs(wait), state, providerStatus: shown });
	}
	if (isEnd) return;
	if (isChange || isProgress) wait.onEvent({ kind: 'observed', requestId, observation });
	const warning = state === 'pending' ? observation.warning : undefined;
	for (const text of [warning, ...describeUnknownStatuses(observation)]) {
		warnOnce(wait, requestId, text);
	}
}
const MAX_WARNINGS = 50;
function warnOnce(wait, requestId, message, kind = message ?? '') {
	if (message === undefined || wait.warned.has(kind) || wait.warned.size >= MAX_WARNINGS) return;
	wait.warned.add(kind);
	wait.onEvent({ kind: 'warning', requestId, message });
}
async function sleepUntilNextPoll(wait, job, result) {
	const { clock, deadline, settings } = wait;
	const { error, retryAfterMs = 0 } = result;
	const nowMs = clock.now();
	const grownMs = pauseMs(nowMs - deadline.startMs, settings, wait.random());
	const scheduledMs = fitPauseMs(Math.min(grownMs, untilExpectedEndMs(wait, job, nowMs)), deadline.giveUpAtMs() - nowMs, settings);
	const ownMs = Math.min(scheduledMs, untilQueueEndMs(wait, job, nowMs));
	const sleepMs = Math.min(Math.max(ownMs, retryAfterMs), deadline.endMs - nowMs);
	if (error !== undefined) {
		const { requestId } = job;
		const pause = { pauseMs: sleepMs, requestedMs: retryAfterMs };
		wait.onEvent({ kind: 'poll-failed', requestId, message: error.message, ...pause });
		if (error instanceof TransientError) warnOnce(wait, requestId, error.hint, 'hint');
	}
	await clock.sleep(sleepMs, wait.signal);
}
function untilExpectedEndMs({ settings }, job, nowMs) {
	const leftMs = (expectedEndMs(job) ?? nowMs) - nowMs;
	return leftMs <= 0 ? Infinity : Math.max(leftMs, settings.intervalMs);
}
function untilQueueEndMs({ settings, deadline }, { hasStarted }, nowMs) {
	const { queueTimeoutMs, intervalMs } = settings;
	if (queueTimeoutMs === undefined || hasStarted) return Infinity;
	const leftMs = deadline.startMs + queueTimeoutMs - nowMs;
	return leftMs <= 0 ? Infinity : Math.max(leftMs, intervalMs);
}
async function waitForJobs(requestIds, settings, context) {
	const { clock } = context;
	const deadline = createDeadline(settings.timeoutMs, clock.now());
	const others = new AbortController();
	const signal = AbortSignal.any([context.signal, others.signal]);
	node_events_module.setMaxListeners(0, signal, context.signal);
	const limiter = createLimiter(deadline, clock, signal);
	const wait = {
		...context,
		signal,
		settings,
		deadline,
		limiter,
		warned: new Set(),
		lastBody: '',
		cancelOthers: (reason) => {
			others.abort(reason);
		},
	};
	const jobs = requestIds.map(trackJob);
	const done = new AbortController();
	const warning = warnWhenLong(wait, jobs, done.signal);
	const heartbeat = everyMinute(clock, done.signal, () => {
		wait.onEvent({ kind: 'progress', elapsedMs: elapsedMs(wait), jobs });
	});
	try {
		const outcomes = await Promise.all(jobs.map((job) => waitForJob(wait, job)));
		return { outcomes, response: wait.lastBody };
	} finally {
		done.abort();
		await Promise.all([heartbeat, warning]);
	}
}
async function warnWhenLong(wait, jobs, signal) {
	const { warnAfterMs } = wait.settings;
	if (warnAfterMs === undefined) return;
	try {
		await wait.clock.sleep(warnAfterMs, signal);
		wait.onEvent({ kind: 'long-wait', elapsedMs: elapsedMs(wait), jobs });
	} catch (error) {
		if (!signal.aborted) throw error;
	}
}
async function waitForJob(wait, job) {
	const end = await pollUntilSettled(wait, job);
	const { observation, requestId } = job;
	const outcome = {
		requestId,
		...end,
		message: [end.message, hintAtList(requestId, end)].filter(Boolean).join('; '),
		...observedFields(observation),
		polls: job.polls,
		elapsedMs: elapsedMs(wait),
		changes: job.changes,
	};
	const finished = await wait.finishJob?.(outcome);
	job.outcome = finished ? { ...finished, elapsedMs: elapsedMs(wait) } : outcome;
	if (job.outcome.status === 'Successful' && observation?.warning !== undefined) {
		wait.onEvent({ kind: 'warning', requestId, message: observation.warning });
	}
	wait.onEvent({ kind: 'settled', outcome: job.outcome });
	const hasFailed = !job.outcome.timedOut && wait.isFailure(job.outcome);
	if (wait.settings.failFast && hasFailed) {
		wait.cancelOthers(new Error(`cancelled, since job ${requestId} has failed (\`fail-fast\`)`));
	}
	return job.outcome;
}
const hintAtList = (requestId, { reason }) =>
	reason === 'not-found' && /[,;|\s]/.test(requestId) ? `if “${requestId}” is several ids, write one per line` : '';
async function pollUntilSettled(wait, job) {
	const { clock, deadline } = wait;
	try {
		for (;;) {
			const result = await pollJob(wait, job);
			const before = job.observation;
			const end = result && applyPollResult(job, result, verdictContext(wait));
			recordObservation(wait, job, before, end !== undefined);
			const settled = end ?? endInQueue(wait, job);
			if (settled !== undefined) return settled;
			const nowMs = clock.now();
			if (result === undefined || deadline.shouldStop(job, nowMs)) {
				return endAtDeadline(job, elapsedMs(wait), deadline.hasRunOutOfTime(nowMs));
			}
			await sleepUntilNextPoll(wait, job, result);
		}
	} catch (error) {
		if (!wait.signal.aborted) throw error;
		const reason = wait.signal.reason;
		const isStep = reason instanceof Cancelled;
		const status = isStep && job.observation === undefined ? 'Error' : 'Pending';
		const { message } = reason;
		return { status, reason: 'cancelled', message, timedOut: false };
	}
}
function endInQueue({ settings, ...wait }, job) {
	const { queueTimeoutMs, isQueued } = settings;
	const status = job.unconfirmedOutcome ? undefined : job.observation?.providerStatus;
	if (status !== undefined && !isQueued(status)) job.hasStarted = true;
	const waitedMs = wait.clock.now() - wait.deadline.startMs;
	if (queueTimeoutMs === undefined || status === undefined || job.hasStarted) return undefined;
	if (waitedMs < queueTimeoutMs) return undefined;
	const message = `still ${status} after ${duration(waitedMs)}, longer than \`queue-timeout\``;
	return { status: 'Pending', reason: 'stuck-in-queue', message, timedOut: false };
}
const verdictContext = ({ settings, deadline, clock }) => ({
	...settings,
	startMs: deadline.startMs,
	nowMs: clock.now(),
});
async function pollJob(wait, job) {
	const { requestId } = job;
	const result = await wait.limiter.run(async (requestDeadlineMs) => {
		const polled = await wait.poll(requestId, requestDeadlineMs, wait.signal);
		noteForAllJobs(wait, polled);
		return polled;
	});
	if (result === undefined) return undefined;
	job.polls += 1;
	wait.lastBody = result.body || wait.lastBody;
	wait.onEvent({ kind: 'polled', requestId, result });
	return { ...result, body: '' };
}
function noteForAllJobs({ clock, deadline, limiter, settings }, result) {
	const { observation, error, retryAfterMs = 0 } = result;
	const nowMs = clock.now();
	const untilMs = nowMs + retryAfterMs;
	if (observation) deadline.noteUsefulResponse();
	if (nowMs < deadline.giveUpAtMs()) deadline.extendTo(untilMs);
	if (error instanceof TransientError && error.isRateLimit) limiter.pauseUntil(untilMs);
	const isUnknownYet = error instanceof PermanentError && error.needsGrace;
	if (isUnknownYet) deadline.extendTo(deadline.startMs + settings.notFoundGraceMs);
}
const clock = systemClock;
const signal = stopSignal;
async function run() {
	prepareProcess(reportLastResort);
	await waitAndReport();
	await endProcess();
}
async function waitAndReport() {
	const secrets = createSecrets(setSecret);
	const sanitizer = createSanitizer(secrets);
	try {
		const context = { secrets, environment: process.env, nowMs: Date.now() };
		const inputs = readInputs(getInput, context);
		if (inputs.requestIds.length > 1) limitMemory();
		useProxy(process.env, secrets);
		const reporter = createReporter(inputs, sanitizer, { clock, signal });
		const getIdToken = (audience) => getIDToken(audience);
		const onExchange = limitMemoryFrom(reporter.onExchange);
		const { add: addSecret, redact } = secrets;
		const connecting = { ...reporter, onExchange, clock, signal, addSecret, getIdToken };
		const { provider, session, transports } = connect(inputs, connecting);
		const { onEvent, onRetry, onStarted, onCancelResult } = reporter;
		const running = { clock, random: Math.random, signal, onEvent };
		const access = { session, transport: transports.provider };
		const starting = { ...running, ...access, provider, environment: process.env, onRetry };
		await hearSignals();
		const { start, timeoutMs } = inputs;
		const started = start && (await startJob(start, { ...starting, timeoutMs }));
		if (started) onStarted(started.requestId);
		const leftMs = timeoutMs - (started?.tookMs ?? 0);
		const settings = { ...inputs, timeoutMs: timeoutMs === 0 ? 0 : Math.max(leftMs, 1) };
		const downloads = { ...settings, ...inputs.reportLimits, baseUrl: inputs.settings.baseUrl };
		const finishJob = createReportDownload(downloads, { ...running, session, transports, redact });
		const isFailure = (outcome) => failsStep(outcome, inputs);
		const waiting = { ...running, poll: session.poll, finishJob, isFailure };
		const finish = async (outcome) => (await finishJob?.(outcome)) ?? outcome;
		const requestIds = started ? [started.requestId] : inputs.requestIds;
		const result = started?.outcome
			? { outcomes: [await finish(started.outcome)], response: started.body }
			: await waitForJobs(requestIds, settings, waiting);
		const abandoned = result.outcomes.filter((outcome) => abandonsJob(outcome, inputs));
		const ids = abandoned.map(({ requestId }) => requestId).filter(Boolean);
		const cancelling = cancelJobs(ids, provider.cancel, { ...access, clock, onCancelResult });
		reporter.finish(result);
		await cancelling;
	} catch (error) {
		reportFailure(error, sanitizer);
	}
}
void run();
